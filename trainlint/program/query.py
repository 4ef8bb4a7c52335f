"""What rules ask of a program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from trainlint.finding import Place
from trainlint.operations import Kind, Operation, Role
from trainlint.program.anatomy import Layer, acts_by_mode, batch_norms_of, layer_of
from trainlint.program.data_api import is_data
from trainlint.program.datasets import in_random_order, is_map_style
from trainlint.program.evaluation import Evaluation, Feed, evaluations, feeds_training, trains
from trainlint.program.facts import FileFacts
from trainlint.program.flow import TooManyPathsError, Tree, restrict, walk
from trainlint.program.interest import method_calls
from trainlint.program.interpret import Interpreter
from trainlint.program.loading import Loader, find_loaders
from trainlint.program.project import Project
from trainlint.program.records import Called, Forward, Root
from trainlint.program.torch_api import BORN_IN_EVAL, ITERATES, LOADERS, is_harmless
from trainlint.program.values import ClassValue, External, Items, Method, Object, Table, Value


class Program:
    """The files that are checked together, read the way a person reads them."""

    def __init__(self, files: list[FileFacts]) -> None:
        self._files = files
        self._interpreter = Interpreter(Project(files))
        self._interpreter.run()
        self._restricted: dict[tuple[int, frozenset[Kind]], Tree] = {}

    @property
    def roots(self) -> list[Root]:
        """The pieces of code that are run from outside, each with its ordered tree of operations."""
        return self._interpreter.roots

    def tree(self, root: Root, kinds: frozenset[Kind]) -> Tree:
        """Return the operations of these kinds under a root, in their possible orders."""
        key = (id(root), kinds)
        if key not in self._restricted:
            self._restricted[key] = restrict(root.tree, kinds)
        return self._restricted[key]

    def calls(self, *names: str) -> Iterator[Called]:
        """Yield the calls of these: `torch.nn.CrossEntropyLoss` (made, and applied), `.item` (a method), `` (own)."""
        for name in names:
            yield from self._interpreter.calls.get(name, ())

    def calls_like(self, pattern: re.Pattern[str]) -> list[Called]:
        """Return the calls whose names match, in the order in which they are followed."""
        found = (call for name, calls in self._interpreter.calls.items() if pattern.search(name) for call in calls)
        return sorted(found, key=lambda call: call.number)

    @property
    def objects(self) -> list[Object]:
        """What the program makes: modules, optimizers, schedulers, scalers, loaders, in the order of their making."""
        return self._interpreter.objects

    @property
    def classes(self) -> list[ClassValue]:
        """The classes that the program defines."""
        return self._interpreter.classes

    @cached_property
    def feeds(self) -> list[tuple[Layer, Layer]]:
        """Pairs of layers: wherever the first is applied, its output goes into the second's kind and nothing else."""
        applications, reads = self._interpreter.applications, self._interpreter.reads
        consumers: dict[int, Layer] = {}
        for application in applications:
            if application.within.ident in self._interpreter.taken_apart:
                continue
            source = application.source
            if source is not None and applications[source].block == application.block and reads[source] <= 1:
                consumer = layer_of(application.layer)
                if consumer is not None:
                    consumers[source] = consumer
        fed: dict[Place, list[tuple[Layer, Layer | None]]] = {}
        for number, application in enumerate(applications):
            if application.within.ident in self._interpreter.taken_apart:
                continue
            layer = layer_of(application.layer)
            if layer is not None:
                fed.setdefault(layer.place, []).append((layer, consumers.get(number)))
        pairs = []
        for ways in fed.values():
            layer, consumer = ways[0]
            if consumer is not None and {None if c is None else c.kind for _, c in ways} == {consumer.kind}:
                pairs.append((layer, consumer))
        return pairs

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

    @cached_property
    def loaders(self) -> list[Loader]:
        """The data loaders that the program makes, with what they feed."""
        feeds = [feed for root in self.roots for feed in feeds_training(root)]
        return find_loaders(self.objects, feeds, list(self.evaluations()))

    @property
    def slices(self) -> list[tuple[Value, Value]]:
        """What is sliced, `data[:n]`, each with the slice."""
        return self._interpreter.slices

    def called_elsewhere(self, method: str) -> bool:
        """Tell whether the source calls a method of this name where it was not followed, or on something not known."""
        followed = {id(call.node) for call in self.calls(f".{method}") if _is_known(call.callee)}
        return any(id(call) not in followed for file in self._files for call in method_calls(file.body, method))

    def handed_on(self, *values: Value) -> bool:
        """Tell whether one of these is an argument of code that is not followed, and may act on it."""
        wanted = {id(value) for value in values}
        return any(
            any(id(part) in wanted for value in call.arguments.values() for part in _held(value))
            for calls in self._interpreter.calls.values()
            for call in calls
            if _may_act(call)
        )

    def in_random_order(self, data: Value) -> bool:
        """Tell whether samples may have been shuffled, drawn or picked at random when the data were made."""
        calls = self.calls("random.shuffle", "numpy.random.shuffle", ".shuffle")
        return in_random_order(data, {id(value) for call in calls for value in call.arguments.positional})

    def is_map_style(self, dataset: Value) -> bool:
        """Tell whether the samples of a dataset are taken by index, and an index always gives the same sample."""
        return is_map_style(dataset, self._interpreter.interest.randomising)

    def acts_by_mode(self, model: Value) -> list[Layer]:
        """Return the layers of a model that act otherwise in training than in eval mode."""
        return acts_by_mode(model, self._interpreter.interest.asks_for_mode)

    def batch_norms(self, model: Value) -> list[Layer]:
        """Return the batch-norm layers that normalise, for sure, over the samples that the model is given.

        Where other axes are folded into the batch axis on the way to the layer, or the way is not known, it counts as
        unsure.
        """
        folded: dict[int, bool] = {}
        for application in self._interpreter.applications:
            if application.within is model:
                ident = application.layer.ident
                folded[ident] = folded.get(ident, False) or application.folded
        return [layer for layer in batch_norms_of(model) if folded.get(layer.module.ident) is False]

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


def _is_known(callee: Value) -> bool:
    return isinstance(callee, Method) and isinstance(callee.receiver, Object)


def _held(value: Value) -> Iterator[Value]:
    """Yield a value, and what it holds as a list, tuple or dict."""
    yield value
    inner = value.items if isinstance(value, Items) else value.pairs.values() if isinstance(value, Table) else ()
    for part in inner:
        yield from _held(part)


def _may_act(call: Called) -> bool:
    match call.callee:
        case External(dotted):
            return not (is_harmless(dotted) or dotted in ITERATES or is_data(call.name) or dotted in LOADERS)
        case Method(Object(role=Role.LOADER) | Items() | Table()):
            return False
        case ClassValue():
            return False
    return True


_MODE_KINDS = frozenset({Kind.FORWARD, Kind.TRAIN, Kind.EVAL, Kind.UNKNOWN})
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
