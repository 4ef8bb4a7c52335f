"""What is known of a tensor, and of the parameters of modules."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import field
from typing import TYPE_CHECKING

from trainlint.finding import Place
from trainlint.frozen import dataclass

if TYPE_CHECKING:
    from trainlint.program.records import Called
    from trainlint.program.values import Value


@dataclass(frozen=True, slots=True)
class Cut:
    """What took the graph away from a tensor that a model had computed, as written, and where."""

    text: str
    place: Place | None


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor, or a structure of tensors.

    `sources` are the models whose forward it came from (objects or unknown values), `None` where that is not known;
    `graph` has the `id` of those forward operations. `scaler` is what it was multiplied by. `item`: it was taken out
    of what the loader gives; `folded`: what its first axis counts may no longer be the samples. `producer` is the
    layer call that made it, inside a module's forward; `made_by` is the call that gave it, where one did directly;
    `taken_from` is the tensor or structure that it is a part of, with the index or key, `None` for a slice of it;
    `parts` are the values that it was computed from, whatever was done with them.

    `open`: something not known went into it, which may have a graph of its own. `detached`: nothing that went into it
    has a graph, for sure; `cut` is what took it away, where there was one. `terms` are the numbers of the tensors with
    a graph, and of what a loop carries into its next iteration, that arithmetic made it from; its own is one of them.
    """

    ident: int
    sources: frozenset[Value] | None = frozenset()
    scaler: Value | None = None
    loader: Value | None = None
    graph: frozenset[int] = frozenset()
    folded: bool = False
    item: bool = False
    producer: int | None = None
    made_by: Called | None = field(default=None, compare=False)
    taken_from: tuple[Tensor, int | str | None] | None = field(default=None, compare=False)
    parts: tuple[Value, ...] = field(default=(), compare=False)
    open: bool = False
    detached: bool = False
    cut: Cut | None = None
    terms: frozenset[int] = frozenset()

    @property
    def key(self) -> Hashable:
        return ("tensor", self.ident)

    @property
    def born(self) -> int:
        return self.ident


@dataclass(frozen=True, slots=True)
class Parameters:
    """Parameters, or their gradients, of these modules; `None`: not known of which. `whole`: all of them, for sure."""

    of: frozenset[Value] | None
    gradients: bool = False
    whole: bool = True

    @property
    def key(self) -> Hashable:
        return ("parameters", self.of, self.gradients)
