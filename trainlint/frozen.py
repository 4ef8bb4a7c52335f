"""Dataclasses that the type checker holds frozen, and that are as quick to make as any other.

At run time the standard `frozen=True` sets each field through a call of `object.__setattr__`, which makes an object
three times as costly. Checking a program makes millions of small objects, and mypy already refuses to change one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from dataclasses import dataclass, replace
else:
    Class = TypeVar("Class", bound=type)
    Instance = TypeVar("Instance")

    def dataclass(*, frozen: bool = False, eq: bool = True, slots: bool = False) -> Callable[[Class], Class]:
        """Return the standard decorator; what is `frozen` and compared by content is hashed by content, no more."""
        return dataclasses.dataclass(slots=slots, eq=eq, unsafe_hash=frozen and eq)

    def replace(instance: Instance, /, **changes: Any) -> Instance:
        """Return a copy with some fields changed, like the standard function."""
        names, by_name = _fields_of(type(instance))
        values = [changes.pop(name) if name in changes else getattr(instance, name) for name in names]
        for name in by_name:
            changes.setdefault(name, getattr(instance, name))
        return type(instance)(*values, **changes)

    @cache
    def _fields_of(cls: type) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the fields that the constructor takes by position, and those that it takes by name only."""
        taken = [field for field in dataclasses.fields(cls) if field.init]
        return tuple(f.name for f in taken if not f.kw_only), tuple(f.name for f in taken if f.kw_only)


__all__ = ["dataclass", "replace"]
