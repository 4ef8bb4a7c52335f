"""Find the training mistakes that do not crash, in source and in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainlint.lr.find import find_lr as find_lr
    from trainlint.lr.preview import preview_schedule as preview_schedule
    from trainlint.watch.session import watch as watch

__version__ = "0.1.0"
__all__ = ["find_lr", "preview_schedule", "watch"]

_HOMES = {"find_lr": "trainlint.lr.find", "preview_schedule": "trainlint.lr.preview"}


def __getattr__(name: str) -> Any:
    """Load what needs torch only when it is asked for; `trainlint.watch` is a package that is callable."""
    if name != "watch" and name not in _HOMES:
        raise AttributeError(f"module 'trainlint' has no attribute {name!r}")
    import importlib  # noqa: PLC0415 - the command needs neither
    import random  # noqa: PLC0415

    state = random.getstate()
    try:
        module = importlib.import_module(_HOMES.get(name, "trainlint.watch"))
    finally:
        random.setstate(state)  # rich draws from it when it is imported
    return module if name == "watch" else getattr(module, name)
