"""What happens from iteration to iteration of a loop: what is handed on, what piles up, and what happens seldom."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

from trainlint.finding import Place
from trainlint.program.reachable import number_from, tensors_in
from trainlint.program.readings import readings
from trainlint.program.records import Called, Forward, Handed, Kept, LoopFacts, Root
from trainlint.program.tensors import Cut, Tensor
from trainlint.program.torch_api import GIVES_MEAN, MAKES_LEAVES
from trainlint.program.values import Constant, Items, Object, Unknown, Value


@dataclass(frozen=True, eq=False, slots=True)
class Pass:
    """A backward pass through a loss that is known: `loss.backward()`, `accelerator.backward(loss)`."""

    called: Called
    loss: Tensor

    @property
    def loop(self) -> LoopFacts | None:
        """Return the innermost loop around it."""
        return self.called.loops[-1] if self.called.loops else None

    @property
    def of_known_models(self) -> bool:
        """Tell whether it is known what made each model that the loss came from."""
        return all(isinstance(source, Object) for source in self.loss.sources or (None,))

    def asks_for(self, position: int, name: str) -> bool | None:
        """Tell whether a flag such as `retain_graph` is given as true; `None` where that is not known."""
        flag = self.called.arguments.get(position, name)
        if flag is None or flag == Constant(None):
            return False
        return bool(flag.value) if isinstance(flag, Constant) else None

    @property
    def frees_the_graph(self) -> bool:
        """Tell whether nobody can go backward through this graph again."""
        return self.asks_for(1, "retain_graph") is False and self.asks_for(2, "create_graph") is False


def passes_in(calls: Iterable[Called]) -> Iterator[Pass]:
    """Yield the backward passes among calls."""
    for called in calls:
        receiver = called.receiver
        given = receiver if isinstance(receiver, Tensor) else called.arguments.get(0, "tensors")
        for loss in readings(given) if given is not None else ():
            if isinstance(loss, Tensor):
                yield Pass(called, loss)


def cut_behind(backward: Called, written: Set[Hashable]) -> Cut | None:
    """Return what took the graph away from the loss that a backward is called on, or made it anew without one.

    `written` has the keys of what is overwritten in place.
    """
    loss = backward.receiver
    if isinstance(loss, Tensor):
        made = loss.made_by
        if not loss.detached or loss.key in written:
            return None
        anew = made is not None and MAKES_LEAVES.match(made.name) and not made.name.endswith("Parameter")
        return Cut(made.text, made.place) if loss.cut is None and made is not None and anew else loss.cut
    source = None if loss is None else number_from(loss)
    if source is None or not isinstance(loss, Unknown):
        return None
    return source.cut or (Cut(f".{loss.name}()", None) if source.graph else None)


def mean_of(backward: Called) -> Called | None:
    """Return the call that gave the loss of a backward, where that is a mean over the batch, as torch computes it."""
    loss = backward.receiver
    made = loss.made_by if isinstance(loss, Tensor) else None
    if made is not None and made.name == ".scale":
        scaled = made.arguments.get(0, "outputs")
        made = scaled.made_by if isinstance(scaled, Tensor) else None
    if made is None or not GIVES_MEAN.match(made.name):
        return None
    given = made.callee.arguments if isinstance(made.callee, Object) else made.arguments
    chosen = [given.get(-1, name) for name in ("reduction", "size_average", "reduce")]
    return made if all(value in (None, Constant("mean"), Constant(True)) for value in chosen) else None


@dataclass(frozen=True, slots=True)
class Pile:
    """A value with a graph that is added up over the iterations of a loop, or collected in a list."""

    name: str
    place: Place
    backward: Pass  # the one that frees the graph of what is added
    adds: bool  # to a number; otherwise it collects in a list


def piles(loop: LoopFacts, passes: list[Pass]) -> Iterator[Pile]:
    """Yield what a loop piles up together with graphs that its own backward has freed, so that nobody can use them."""
    numbers = {number for handed in loop.handed.values() if (number := _carried(handed.entering)) is not None}
    passes = [p for p in passes if p.loop is loop and p.frees_the_graph]

    def freed(value: Value) -> Pass | None:
        for tensor in tensors_in(value) if not isinstance(value, Items) else ():
            for each in passes:
                if tensor.graph and (tensor.terms & each.loss.terms) - numbers:
                    return each
        return None

    for name, handed in loop.handed.items():
        number = _carried(handed.entering)
        sums = [r for r in readings(handed.leaving) if isinstance(r, Tensor) and number in r.terms]
        if any(number in each.loss.terms for each in passes):
            continue  # a backward goes through the sum
        backward = next((found for tensor in sums if (found := freed(tensor))), None)
        if backward is not None:
            yield Pile(name, handed.place, backward, adds=True)
    for kept in loop.kept:
        backward = freed(kept.value)
        if backward is not None and kept.key not in loop.released and not _goes_backward(kept, passes):
            yield Pile(kept.holder, kept.place, backward, adds=kept.adds)


def _goes_backward(kept: Kept, passes: list[Pass]) -> bool:
    """Tell whether a backward goes through the sum itself."""
    total = {tensor.ident for tensor in tensors_in(kept.value)} if kept.adds else set()
    return any(total & each.loss.terms for each in passes)


def _carried(entering: Value) -> int | None:
    match entering:
        case Unknown(key=("carried", int() as number)):
            return number
    return None


@dataclass(frozen=True, slots=True)
class Stream:
    """A variable that takes a graph from one iteration to the next: a model's output that goes into the model again."""

    name: str
    handed: Handed
    forward: Forward
    backward: Pass


def streams(
    root: Root, loop: LoopFacts, passes: list[Pass], detached: Mapping[object, list[Called]]
) -> Iterator[Stream]:
    """Yield what carries graphs into the next iteration of a loop in which a backward goes through them.

    `detached` are the calls that take the graph away in place, by the key of what they are called on.
    """
    forwards = [forward for forward in root.forwards if loop in forward.loops]
    for name, handed in loop.handed.items():
        if any(loop in called.loops for called in detached.get(handed.entering.key, ())):
            continue
        leaving = list(tensors_in(handed.leaving))
        known = [r for r in readings(handed.leaving) if isinstance(r, (Tensor, Items)) and list(tensors_in(r))]
        if not leaving or len(known) < len(readings(handed.leaving)) or not all(t.graph for t in leaving):
            continue
        for forward in forwards:
            number = id(forward.operation)
            given = any(_is_or_holds(value, handed.entering) for value in forward.arguments.values())
            if not given or not all(number in tensor.graph for tensor in leaving):
                continue
            backward = next((p for p in passes if p.loop is loop and number in p.loss.graph), None)
            if backward is not None:
                yield Stream(name, handed, forward, backward)
                break


def _is_or_holds(value: Value, wanted: Value) -> bool:
    if value.key == wanted.key:
        return True
    return isinstance(value, Items) and any(_is_or_holds(item, wanted) for item in value.items)
