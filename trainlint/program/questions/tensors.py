"""Questions about what a tensor went through, and its shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from trainlint.finding import Place
from trainlint.program.activations import Activation
from trainlint.program.masks import zeros_and_ones
from trainlint.program.outputs import Outputs, Passed
from trainlint.program.provenance import Origin, origin_of
from trainlint.program.questions.source import Source
from trainlint.program.records import Called
from trainlint.program.shapes import Shape, Shapes
from trainlint.program.tensors import Tensor
from trainlint.program.values import Unknown, Value


class Tensors(Source):
    """What is known of tensors."""

    @cached_property
    def _outputs(self) -> Outputs:
        return Outputs(self._interpreter.outputs, self._gave, self._interpreter.written, self._interpreter.resized)

    @cached_property
    def _shapes(self) -> Shapes:
        return Shapes(self._outputs)

    def passed(self, value: Value | None) -> tuple[Passed, ...]:
        """Return what a tensor went through last, one for each way it may have come about; () if one is not known."""
        return () if value is None else self._outputs.passed(value)

    def shape(self, value: Value | None) -> Shape:
        """Return how many axes a tensor has and how long the last one is, as far as all its readings agree."""
        return self._shapes.of(value)

    def origin(self, value: Value | None) -> Origin | None:
        """Return where the numbers of a tensor come from, as far as all its readings agree."""
        return origin_of(value, self._interpreter.written)

    def has_no_grad(self, value: Value) -> bool:
        """Tell whether a tensor surely needs no gradients: it was made without, and nobody asked for them later."""
        machine = self._interpreter
        return isinstance(value, Tensor) and value.detached and value.ident not in machine.leaves

    def zeros_and_ones(self, mask: Value | None) -> Called | None:
        """Return the call that made a mask of zeros and ones in floating point; `None` if that is not known."""
        return zeros_and_ones(mask, self._gave, self._interpreter.written)

    @cached_property
    def _gave(self) -> dict[int, Called]:
        """The calls that gave values which are not known, by `id` of the value."""
        return {id(call.result): call for call in self.every_call() if isinstance(call.result, Unknown)}

    def fed_with(self, kinds: Iterable[Activation], *names: str) -> Iterator[tuple[Called, Passed]]:
        """Yield the calls of these losses whose input has gone through one of these kinds last, in every way.

        What it has gone through comes with it; of all losses that are given the output of the same layer, the first.
        A call of what may be another loss as well is left out: the input may be meant for that one.
        """
        wrong = frozenset(kinds)
        seen: set[Place | None] = set()
        for call in self.applied(*names):
            if not self.called_at[call.place] <= set(names):
                continue
            ways = self.passed(call.arguments.get(0, "input"))
            if ways and wrong.issuperset(way.kind for way in ways) and ways[0].place not in seen:
                seen.add(ways[0].place)
                yield call, ways[0]
