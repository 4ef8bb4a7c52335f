"""Questions about the mode in which a forward happens, and what it is for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from trainlint.finding import Place
from trainlint.operations import Kind, Operation
from trainlint.program.evaluation import Evaluation, Feed, evaluations, feeds_training, trains
from trainlint.program.questions.source import Source
from trainlint.program.records import Forward, Root
from trainlint.program.torch_api import BORN_IN_EVAL
from trainlint.program.values import Object, Value
from trainlint.program.walk import TooManyPathsError, walk


class Modes(Source):
    """What is trained, and what is evaluated."""

    @cached_property
    def modes(self) -> dict[int, frozenset[bool | None]]:
        """The modes in which each forward can happen, by `id` of its operation: training, eval, not known."""
        found: dict[int, set[bool | None]] = {}
        for root in self.roots:
            if not root.forwards:
                continue
            models = {id(forward.operation): forward.model for forward in root.forwards}

            def visit(
                operation: Operation,
                states: frozenset[object],
                models: dict[int, Value] = models,
                root: Root = root,
            ) -> None:
                if id(operation) in models:
                    seen = found.setdefault(id(operation), set())
                    seen.update(_mode(models[id(operation)], operation, state, root) for state in states)

            try:
                walk(self.tree(root, _MODE_KINDS), frozenset(), _advance_mode, visit)  # type: ignore[arg-type]
            except (TooManyPathsError, RecursionError):
                for forward in root.forwards:
                    found[id(forward.operation)] = {None}
        return {key: frozenset(modes) for key, modes in found.items()}

    def in_training_mode(self, forward: Operation) -> bool:
        """Tell whether every way to this forward reaches it with its model, and all of it, in training mode."""
        return self.modes.get(id(forward)) == frozenset({True})

    def in_eval_mode(self, forward: Operation) -> bool:
        """Tell whether every way to this forward reaches it with its model, and all of it, in eval mode."""
        return self.modes.get(id(forward)) == frozenset({False})

    def evaluations(self) -> Iterator[Evaluation]:
        """Yield the forwards that evaluate a model."""
        for root in self.roots:
            yield from evaluations(root, self.in_eval_mode)

    def feeds_training(self) -> Iterator[Feed]:
        """Yield the loaders that give a model its samples to train on, once per forward in their loops.

        Where other axes may have been folded into the batch axis on the way, the model is given something else.
        """
        return (feed for root in self.roots for feed in feeds_training(root) if not feed.forward.folded)

    def training(self) -> Iterator[Forward]:
        """Yield the forwards in loops that train."""
        return (forward for root in self.roots for forward in root.forwards if trains(forward))

    def evaluates_at(self, evaluation: Forward) -> tuple[Place, str] | None:
        """Return the call by which a function that also trains is made to evaluate, and the name of that function."""
        for forward in self.training():
            if forward.operation.location == evaluation.operation.location:
                ways = zip(evaluation.called_at, forward.called_at, evaluation.functions, strict=False)
                apart = next(((place, name) for place, other, name in ways if place != other), None)
                return None if apart is None or apart[0] is None else (apart[0], apart[1])
        return None


_MODE_KINDS = frozenset({Kind.FORWARD, Kind.TRAIN, Kind.EVAL, Kind.HANDED, Kind.UNKNOWN})
_ModeState = frozenset[tuple[object, "bool | None"]]


def _advance_mode(state: _ModeState, operation: Operation) -> _ModeState:
    if operation.kind is Kind.FORWARD or not operation.models:
        return state
    mode = {Kind.TRAIN: True, Kind.EVAL: False}.get(operation.kind)
    touched = {subject.ident for subject in operation.models}
    kept = {(ident, known) for ident, known in state if ident not in touched}
    return frozenset(kept | {(ident, mode) for ident in touched})


def _mode(model: Value, operation: Operation, state: object, root: Root) -> bool | None:
    assert isinstance(state, frozenset)
    modes = dict(state)
    own = model.ident if isinstance(model, Object) else model.key
    mode = modes.get(own, _mode_at_birth(model, root))
    inside = {modes.get(subject.ident, mode) for subject in operation.models or ()}
    return mode if inside <= {mode} else None


def _mode_at_birth(model: Value, root: Root) -> bool | None:
    """A module is made in training mode: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html."""
    if not isinstance(model, Object) or model.ident < root.since:
        return None
    return not (isinstance(model.origin, str) and BORN_IN_EVAL.match(model.origin))
