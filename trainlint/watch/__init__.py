"""Watch a training run: `with trainlint.watch(model):`. The package is the callable itself."""

from __future__ import annotations

import sys
from types import ModuleType

try:
    import torch as torch
except ModuleNotFoundError:
    raise ModuleNotFoundError(
        "trainlint.watch needs PyTorch: pip install 'torch-trainlint[watch]'", name="torch"
    ) from None

from trainlint.watch.reaction import FindingError as FindingError
from trainlint.watch.reaction import FindingWarning as FindingWarning
from trainlint.watch.session import watch as watch


class _CallablePackage(ModuleType):
    """Let `trainlint.watch(model)` work although `trainlint.watch` is also the package of its parts."""

    __call__ = staticmethod(watch)


sys.modules[__name__].__class__ = _CallablePackage
