"""Context managers that matter: those that set autograd or autocast, and those that the program defines."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from trainlint.frozen import dataclass
from trainlint.operations import Precision
from trainlint.program.conditions import Formula

if TYPE_CHECKING:
    from trainlint.program.values import Arguments, FunctionValue


@dataclass(frozen=True, slots=True)
class Context:
    """A context manager that sets whether autograd records; `None`: not known."""

    grad: bool | None

    @property
    def key(self) -> Hashable:
        return ("context", self.grad)


@dataclass(frozen=True, slots=True)
class Autocast:
    """A context manager that sets autocast: to `precision` where `enabled` holds, and off where not."""

    enabled: Formula
    precision: Precision

    @property
    def key(self) -> Hashable:
        return ("autocast", self.enabled, self.precision)


@dataclass(frozen=True, slots=True)
class Managed:
    """A context manager that a generator function of the program makes."""

    function: FunctionValue
    arguments: Arguments

    @property
    def key(self) -> Hashable:
        return ("managed", self.function.key)


AUTOCAST_OFF = Autocast(False, Precision.FULL)
