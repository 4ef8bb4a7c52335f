"""Find the training mistakes that do not crash, in source and in a run."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainlint.watch.session import watch as watch

__version__ = "0.1.0"
__all__ = ["watch"]


def __getattr__(name: str) -> Any:
    """Load `trainlint.watch`, and with it torch, only when it is asked for; the package is callable."""
    if name == "watch":
        return importlib.import_module("trainlint.watch")
    raise AttributeError(f"module 'trainlint' has no attribute {name!r}")
