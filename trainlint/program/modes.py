"""What a program says of a model's mode by asking for it: `was_training = model.training`."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from trainlint.finding import Place
from trainlint.frozen import replace
from trainlint.operations import Kind, Operation, Role
from trainlint.program.conditions import Atom, Formula, Not
from trainlint.program.flow import Event, Tree, events
from trainlint.program.machine import Machine
from trainlint.program.readings import readings
from trainlint.program.values import Object, Unknown, Value


def with_modes(machine: Machine, condition: Formula, trees: tuple[Tree, Tree]) -> tuple[Tree, Tree]:
    """Return the two ways out of a test, with the mode that a model is in where the test tells it.

    `if was_training: model.train()` sets back the mode of before: where it does nothing, that was eval mode.
    """
    asked = _model_asked(condition)
    if asked is None:
        return trees
    model, holds_in_training = asked
    ways: list[Tree] = []
    for tree, other, is_training in ((*trees, holds_in_training), (*trees[::-1], not holds_in_training)):
        told = next(_modes_set(other, model), None) if next(_modes_set(tree, model), None) is None else None
        if told is None:
            ways.append(tree)
            continue
        known = replace(told, kind=Kind.TRAIN if is_training else Kind.EVAL)
        machine.record(known)
        ways.append((Event(known), tree))
    return ways[0], ways[1]


def assert_training(machine: Machine, owner: Value, text: str, place: Place) -> None:
    """Note that the program goes on only where a model is in training mode: `assert model.training`."""
    models = [reading for reading in readings(owner) if isinstance(reading, (Object, Unknown))]
    if machine.here.tracing or not models or any(model.role is not Role.MODEL for model in models):
        return
    operation = Operation(Kind.TRAIN, place, text, models=machine.models(models))
    machine.record(operation)
    machine.here.out.append(Event(operation))


def is_mode_of(value: Value, model: Object | Unknown) -> bool:
    """Tell whether a value is the mode that this model was in at some time."""
    return value.key in (("training", model.key), ("member", model.key, "training"))


def _model_asked(condition: Formula) -> tuple[Hashable, bool] | None:
    """Return the key of the model whose mode alone decides, and whether the condition holds in training mode."""
    holds = isinstance(condition, Not)
    atom = condition.operand if isinstance(condition, Not) else condition
    match atom:
        case Atom(("none", ("training", model))) | Atom(("none", ("member", model, "training"))):
            return model, holds
    return None


def _modes_set(tree: Tree, model: Hashable) -> Iterator[Operation]:
    for operation in events(tree):
        models = operation.models or frozenset()
        sets = operation.kind in (Kind.TRAIN, Kind.EVAL)
        if sets and any(model in (subject.ident, ("object", subject.ident)) for subject in models):
            yield operation
