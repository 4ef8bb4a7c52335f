"""Watch a training run: `with trainlint.watch(model):`. The package is the callable itself."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

try:
    import torch as torch
except ModuleNotFoundError:
    raise ModuleNotFoundError(
        "trainlint.watch needs PyTorch: pip install 'torch-trainlint[watch]'", name="torch"
    ) from None

from trainlint.watch.session import watch as watch

if TYPE_CHECKING:
    from trainlint.watch.session import Watch


class _CallablePackage(ModuleType):
    """Let `trainlint.watch(model)` work although `trainlint.watch` is also the package of its parts."""

    def __call__(self, *models: torch.nn.Module, path: str | None = None, name: str | None = None) -> Watch:
        """Watch `models` while they train; see `trainlint.watch.session.watch`."""
        return watch(*models, path=path, name=name)


sys.modules[__name__].__class__ = _CallablePackage
