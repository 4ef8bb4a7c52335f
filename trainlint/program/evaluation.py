"""Which forwards of a program are there to evaluate, and which to train."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from trainlint.finding import Place
from trainlint.operations import Kind, Operation, Role
from trainlint.program.iteration import loaders_in
from trainlint.program.outputs import operand
from trainlint.program.reachable import tensors_in
from trainlint.program.records import Forward, LoopFacts, Root
from trainlint.program.tensors import Tensor
from trainlint.program.torch_api import sounds_held_out, sounds_like_evaluation, sounds_like_training
from trainlint.program.values import Constant, Object, Unknown, Value

EVAL_MODE = "eval mode"  # the evidence where no name says that a forward evaluates
_STEPS = frozenset({Kind.OPTIMIZER_STEP, Kind.SCALER_STEP, Kind.UNKNOWN})
_TRAINS = frozenset({Kind.BACKWARD, Kind.OPTIMIZER_STEP, Kind.SCALER_STEP})


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A forward that evaluates a model. `evidence` is the name in the source that says so."""

    operation: Operation
    model: Value
    evidence: str
    grad: bool | None
    loader: Value | None  # that its batches are drawn from
    forward: Forward

    @property
    def knows_model(self) -> bool:
        """Tell whether it is known what the model is."""
        return not isinstance(self.model, Unknown)

    @property
    def own_loop(self) -> Place | None:
        """Return the innermost loop around it, if nothing is trained there."""
        for loop in self.forward.loops[-1:]:
            if _TRAINS.isdisjoint(operation.kind for operation in loop.operations):
                return loop.place
        return None


def evaluations(root: Root, in_eval_mode: Callable[[Operation], bool]) -> Iterator[Evaluation]:
    """Yield the forwards that evaluate: outside of what trains, and known as such; the first of each loop.

    What says so is the name of a loader, of data or of a function, or that the model was put in eval mode.
    """
    seen: set[tuple[object, str]] = set()
    for forward in root.forwards:
        evidence = None if _tries_out(forward) else _evidence(forward)
        if evidence is None and in_eval_mode(forward.operation):
            evidence = EVAL_MODE
        if evidence is None or _takes_part_in_training(forward, root) or id(forward.operation) in root.differentiated:
            continue
        place = (id(forward.loops[-1]), "") if forward.loops else (forward.functions, forward.operation.call)
        if place not in seen:
            seen.add(place)
            drawn = [tensor.loader for tensor in _given(forward)]
            loops = [loop.iterable for loop in reversed(forward.loops)]
            loader = next((each for each in (*drawn, *loops) if is_loader(each)), None)
            yield Evaluation(forward.operation, forward.model, evidence, forward.operation.grad, loader, forward)


def _tries_out(forward: Forward) -> bool:
    """Tell whether a model is only tried out on numbers made up for it, whatever the function is called."""
    given = () if forward.loops else _given(forward)
    return bool(given) and all(map(_is_made_up, given))


def _given(forward: Forward) -> list[Tensor]:
    return [tensor for value in forward.arguments.values() for tensor in tensors_in(value)]


def _is_made_up(tensor: Tensor, depth: int = 4) -> bool:
    made = tensor.made_by
    if made is None or depth == 0:
        return False
    home, _, last = made.name.rpartition(".")
    if home == "torch" and last in ("rand", "randn", "zeros", "ones", "empty", "randint"):
        return True
    source = operand(made)
    return home in ("", "torch.autograd") and isinstance(source, Tensor) and _is_made_up(source, depth - 1)


def is_loader(value: Value | None) -> bool:
    """Tell whether a value is a data loader that the program makes."""
    return isinstance(value, Object) and value.role is Role.LOADER


def _evidence(forward: Forward) -> str | None:
    data = [*forward.inputs]
    for loop in reversed(forward.loops):
        data.append(loop.text)
        if isinstance(loop.iterable, Object):
            data.append(loop.iterable.name)
    data.append(forward.loader)
    found = next((name for name in data if sounds_held_out(name)), None)
    if found is not None:
        return found
    for name in reversed(forward.functions[-2:]):  # `main` may be called by a function named for tests
        if sounds_like_training(name):
            return None
        if sounds_like_evaluation(name):
            return name
    return None


def _takes_part_in_training(forward: Forward, root: Root) -> bool:
    """Tell whether the graph of this forward may serve a backward, or may be part of a training step."""
    held_out = any(map(sounds_held_out, (*forward.inputs, forward.loader)))
    if held_out and forward.operation.grad is False:
        return False  # no graph, and data that is there to evaluate: whatever else the loop does
    if not forward.loops:
        backwards = [o.models for o in root.operations if o.kind is Kind.BACKWARD]
        trained = any((forward.operation.models or frozenset()) & models for models in backwards if models)
        unknown = None in backwards or any(o.kind is Kind.UNKNOWN for o in root.operations)
        return forward.operation.grad is not False and (unknown or not trained)
    loop = forward.loops[-1]
    if any(o.kind is Kind.UNKNOWN and o.concerns(forward.operation) for o in loop.operations):
        return True
    if held_out and not sounds_held_out(loop.text):  # now and then, inside the loop that trains
        return any(o.kind is Kind.BACKWARD and o.models is None for o in loop.operations)
    return any(operation.kind in _TRAINS for operation in loop.operations)


@dataclass(frozen=True, slots=True)
class Feed:
    """A loader whose batches train a model: each batch goes forward and is followed by a backward."""

    loader: Object
    model: Value
    operation: Operation
    forward: Forward
    loaders: tuple[Object, ...]  # those of which one surely gives the batches; none where that is not known
    optimizes: bool  # an optimizer steps in the loop, and nothing says that it is there to evaluate

    @property
    def alone(self) -> bool:
        """Tell whether no other loader can stand in its place."""
        return self.loaders == (self.loader,)


def feeds_training(root: Root) -> Iterator[Feed]:
    """Yield the loaders that the program makes and trains on, once per forward in their loops."""
    for forward in root.forwards:
        for loop in reversed(forward.loops):
            if isinstance(loop.iterable, Object):
                trains = any(operation.kind is Kind.BACKWARD for operation in loop.operations)
                if trains and forward.operation.grad is not False:
                    steps = any(operation.kind in _STEPS for operation in loop.operations)
                    optimizes = steps and _evidence(forward) is None
                    loaders = () if loop.through is None else loaders_in(loop.through)
                    for loader in dict.fromkeys((loop.iterable, *loaders)):
                        yield Feed(loader, forward.model, forward.operation, forward, loaders, optimizes)
                break


def passes_over_data(root: Root) -> Iterator[tuple[Forward, LoopFacts]]:
    """Yield the forwards of loops over loaders in which nothing trains."""
    for forward in root.forwards:
        operation = forward.operation
        loop = next((loop for loop in reversed(forward.loops) if loop.through and loaders_in(loop.through)), None)
        if loop is None or id(operation) in root.differentiated:
            continue
        trained = any(o.kind in _TRAINS or (o.kind is Kind.UNKNOWN and o.concerns(operation)) for o in loop.operations)
        if not trained:
            yield forward, loop


def trains(forward: Forward) -> bool:
    """Tell whether a forward stands in a loop that steps an optimizer by it, and nothing says that it evaluates."""
    if forward.operation.grad is False or not forward.loops or _evidence(forward) is not None:
        return False
    kinds = {operation.kind for loop in forward.loops for operation in loop.operations}
    return Kind.BACKWARD in kinds and not kinds.isdisjoint({Kind.OPTIMIZER_STEP, Kind.SCALER_STEP})


def carries_state(forward: Forward) -> bool:
    """Tell whether, by its name, a state of the batch before goes into a forward: the order of batches matters."""
    return any(_STATE.search(text) for text in forward.inputs)


_STATE = re.compile(r"(^|_|\b)(hiddens?|states?|memory|mems?|hx|cx|h|h_?0)(_\w{1,4})?$", re.I)


def batch_size(loader: Object) -> tuple[int, bool] | None:
    """Return the batch size of a loader, and whether it is only a default; `None` where it is not known.

    Where a batch sampler or a collate function makes the batches, the size is theirs.
    """
    arguments = loader.arguments
    for position, name in ((4, "batch_sampler"), (6, "collate_fn")):
        if arguments.get(position, name) not in (None, Constant(None)):
            return None
    return samples_a_batch(loader)


def samples_a_batch(loader: Object) -> tuple[int, bool] | None:
    """Return how many samples a loader draws at a time, as `batch_size` tells; 1 is the default of torch's."""
    size = loader.arguments.get(1, "batch_size")
    if size is None:
        return 1, False
    if isinstance(size, Unknown) and isinstance(size.default, Constant):
        return (size.default.value, True) if isinstance(size.default.value, int) else None
    return (size.value, False) if isinstance(size, Constant) and isinstance(size.value, int) else None
