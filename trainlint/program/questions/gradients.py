"""Questions about backward passes: their losses, their graphs, and how often steps follow."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from trainlint.finding import Place
from trainlint.operations import Operation
from trainlint.program.iterations import Pass, Pile, Stream, cut_behind, mean_of, passes_in, piles, streams
from trainlint.program.questions.source import Source
from trainlint.program.records import Called, LoopFacts
from trainlint.program.retained import retained_in_vain
from trainlint.program.rhythm import Accumulation, Rhythm, accumulations, rhythm
from trainlint.program.tensors import Cut
from trainlint.program.values import FunctionValue


class Gradients(Source):
    """What is differentiated, and when."""

    @cached_property
    def passes(self) -> list[Pass]:
        """The backward passes through losses that are known."""
        return list(passes_in(self.calls(".backward", "torch.autograd.backward")))

    def retained_in_vain(self) -> Iterator[tuple[Pass, bool]]:
        """Yield the backward passes that retain a graph which nobody goes through again, and whether that is sure."""
        differentiations = list(self.calls(".backward", "torch.autograd.backward", "torch.autograd.grad"))
        turns, classes = self._interpreter.turns, self.classes
        # What an optimizer is handed it may call several times in one iteration.
        given = (value for call in self.calls(".step") for value in call.arguments.values())
        closures = {id(value.facts) for value in given if isinstance(value, FunctionValue)}
        passes = [p for p in self.passes if closures.isdisjoint(id(f.facts) for f in p.called.functions)]
        yield from retained_in_vain(passes, differentiations, self.assigned, turns, classes)

    def detached_losses(self) -> Iterator[tuple[Called, Cut]]:
        """Yield the backward passes whose loss, on every way, has no path to a model any more, and what cut it off."""
        ways: dict[Place, list[tuple[Called, Cut | None]]] = {}
        for called in self.calls(".backward"):
            ways.setdefault(called.place, []).append((called, cut_behind(called, self._interpreter.written)))
        for found in ways.values():
            called, cut = found[0]
            if cut is not None and all(other is not None for _, other in found):
                yield called, cut

    def piles(self) -> Iterator[Pile]:
        """Yield what the loops that train pile up together with graphs that nobody can use."""
        for root in self.roots:
            for loop in root.loops:
                yield from piles(loop, self.passes)

    def streams(self) -> Iterator[Stream]:
        """Yield the variables that take a graph from one iteration of a training loop to the next."""
        detached: dict[object, list[Called]] = {}
        for called in self.calls(".detach_"):
            if called.receiver is not None:
                key = called.receiver.key
                while isinstance(key, tuple) and key[:1] == ("member",):
                    key = key[1]
                detached.setdefault(key, []).append(called)
        for root in self.roots:
            for loop in root.loops:
                yield from streams(root, loop, self.passes, detached)

    def means(self, backward: Operation) -> list[Called]:
        """Return the calls that gave the losses of a backward, where each is one of torch's means; else nothing."""
        found = [mean_of(called) for called in self.calls(".backward") if called.place == backward.location]
        known = [called for called in found if called is not None]
        return known if len(known) == len(found) else []

    def accumulations(self) -> Iterator[Accumulation]:
        """Yield the steps that the program makes only every few micro-batches."""
        for root in self.roots:
            for loop in root.loops:
                yield from accumulations(loop, self.rhythm)

    def rhythm(self, operation: Operation, loop: LoopFacts) -> Rhythm | None:
        """Return how often an operation happens within a loop; `None` where that is not known."""
        return rhythm(self._interpreter.turns, self._interpreter.turn_of.get(id(operation), 0), loop)
