"""Dataclasses that the type checker holds frozen, and that are as quick to make as any other.

At run time the standard `frozen=True` sets each field through a call of `object.__setattr__`, which makes an object
three times as costly. Checking a program makes millions of small objects, and mypy already refuses to change one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from operator import attrgetter
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
        values, positions = _layout(type(instance))
        fields = list(values(instance))
        for name, value in changes.items():
            fields[positions[name]] = value
        return type(instance)(*fields)

    @cache
    def _layout(cls: type) -> tuple[Callable[[Any], tuple[Any, ...]], dict[str, int]]:
        """Return what reads all fields at once (of two or more), and the position of each."""
        names = [field.name for field in dataclasses.fields(cls) if field.init]
        return attrgetter(*names), {name: position for position, name in enumerate(names)}


__all__ = ["dataclass", "replace"]
