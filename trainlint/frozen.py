"""Dataclasses that the type checker holds frozen, and that are as quick to make as any other.

At run time the standard `frozen=True` sets each field through a call of `object.__setattr__`, which makes an object
three times as costly. Checking a program makes millions of small objects, and mypy already refuses to change one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
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
        values_of, positions, by_name = _layout(type(instance))
        values = list(values_of(instance))
        for name, value in changes.items():
            values[positions[name]] = value
        if not by_name:
            return type(instance)(*values)
        taken = len(values) - len(by_name)
        return type(instance)(*values[:taken], **dict(zip(by_name, values[taken:], strict=True)))

    @cache
    def _layout(cls: type) -> tuple[Callable[[Any], Iterable[Any]], dict[str, int], tuple[str, ...]]:
        """Return what reads the fields that the constructor takes, their order, and those that it takes by name."""
        taken = sorted((field for field in dataclasses.fields(cls) if field.init), key=lambda field: field.kw_only)
        names = [field.name for field in taken]
        values_of = attrgetter(*names) if len(names) > 1 else lambda instance: (getattr(instance, names[0]),)
        by_name = tuple(field.name for field in taken if field.kw_only)
        return values_of, {name: position for position, name in enumerate(names)}, by_name


__all__ = ["dataclass", "replace"]
