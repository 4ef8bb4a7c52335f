"""Dataclasses that the type checker holds frozen, and that are as quick to make as any other.

At run time the standard `frozen=True` sets each field through a call of `object.__setattr__`, which makes an object
three times as costly. Checking a program makes millions of small objects, and mypy already refuses to change one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    Class = TypeVar("Class", bound=type)

    def dataclass(*, frozen: bool = False, eq: bool = True, slots: bool = False) -> Callable[[Class], Class]:
        """Return the standard decorator; what is `frozen` and compared by content is hashed by content, no more."""
        return dataclasses.dataclass(slots=slots, eq=eq, unsafe_hash=frozen and eq)


__all__ = ["dataclass"]
