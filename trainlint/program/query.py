"""What rules ask of a program."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from trainlint.finding import Place
from trainlint.operations import Kind, Operation, Role
from trainlint.program.anatomy import Layer, acts_by_mode, batch_norms_of, layer_of
from trainlint.program.coverage import Coverage, Surgery, Unheld
from trainlint.program.data_api import is_data
from trainlint.program.datasets import in_random_order, is_map_style
from trainlint.program.evaluation import Evaluation, Feed, evaluations, feeds_training, trains
from trainlint.program.facts import FileFacts
from trainlint.program.flow import Holds, Tree, restrict
from trainlint.program.interest import functions_left_out, method_calls, words_in
from trainlint.program.interpret import Interpreter
from trainlint.program.iterations import Pass, Pile, Stream, cut_behind, mean_of, passes_in, piles, streams
from trainlint.program.loading import Loader, find_loaders
from trainlint.program.masks import zeros_and_ones
from trainlint.program.optimizers import OptimizerBuild, read_optimizers
from trainlint.program.outputs import Activation, Outputs, Passed
from trainlint.program.project import Project
from trainlint.program.readings import readings
from trainlint.program.records import Assigned, Called, Forward, LoopFacts, Mentioned, Root
from trainlint.program.retained import retained_in_vain
from trainlint.program.rhythm import Accumulation, Rhythm, accumulations, rhythm
from trainlint.program.schedules import Schedule, read_schedules
from trainlint.program.shapes import Shape, Shapes
from trainlint.program.torch_api import BORN_IN_EVAL, CLIPPERS, DISTRIBUTED_WRAPPERS, ITERATES, LOADERS, is_harmless
from trainlint.program.uses import Use, library_uses
from trainlint.program.values import ClassValue, Cut, External, Items, Method, Object, Table, Unknown, Value
from trainlint.program.walk import TooManyPathsError, walk


class Program:
    """The files that are checked together, read the way a person reads them."""

    def __init__(self, files: list[FileFacts]) -> None:
        self._files = files
        self._interpreter = Interpreter(Project(files))
        self._interpreter.run()
        self._outputs = Outputs(self._interpreter.outputs, self._gave)
        self._shapes = Shapes(self._outputs)
        self._restricted: dict[tuple[int, frozenset[Kind]], Tree] = {}
        self._holds = Holds()

    @property
    def roots(self) -> list[Root]:
        """The pieces of code that are run from outside, each with its ordered tree of operations."""
        return self._interpreter.roots

    def tree(self, root: Root, kinds: frozenset[Kind]) -> Tree:
        """Return the operations of these kinds under a root, in their possible orders."""
        key = (id(root), kinds)
        if key not in self._restricted:
            self._restricted[key] = restrict(root.tree, kinds, self._holds)
        return self._restricted[key]

    def calls(self, *names: str) -> Iterator[Called]:
        """Yield the calls of these: `torch.nn.CrossEntropyLoss` (made, and applied), `.item` (a method), `` (own)."""
        for name in names:
            yield from self._interpreter.calls.get(name, ())

    @cached_property
    def passes(self) -> list[Pass]:
        """The backward passes through losses that are known."""
        return list(passes_in(self.calls(".backward", "torch.autograd.backward")))

    def retained_in_vain(self) -> Iterator[Pass]:
        """Yield the backward passes that retain a graph which nobody goes through again."""
        differentiations = list(self.calls(".backward", "torch.autograd.backward", "torch.autograd.grad"))
        yield from retained_in_vain(self.passes, differentiations, self.assigned)

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
            if isinstance(called.callee, Method):
                key = called.callee.receiver.key
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

    def every_call(self) -> Iterator[Called]:
        """Yield all calls that `calls` can be asked for."""
        for calls in self._interpreter.calls.values():
            yield from calls

    @cached_property
    def uses(self) -> list[Use]:
        """Where the files use names of libraries, told by their imports alone: also where nothing is followed."""
        return [use for file in self._files for use in library_uses(file)]

    @property
    def mentioned(self) -> list[Mentioned]:
        """The statements that are nothing but an attribute."""
        return self._interpreter.mentioned

    @property
    def assigned(self) -> list[Assigned]:
        """The attributes that are assigned, in the order in which the program does it."""
        return self._interpreter.assigned

    def looks_at(self, owner: Object, name: str) -> bool:
        """Tell whether an attribute of an object is read anywhere, other than to call it at once."""
        return (owner.ident, name) in self._interpreter.looked_at

    def used_in_forward(self, owner: Object, name: str) -> bool:
        """Tell whether an attribute of a module is read inside a forward."""
        return (owner.ident, name) in self._interpreter.used

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

    def applied(self, *names: str) -> Iterator[Called]:
        """Yield the calls that apply these functions and modules of torch to tensors, not those that make a module."""
        for call in self.calls(*names):
            if not call.makes or call.name.rpartition(".")[2][:1].islower():
                yield call

    def passed(self, value: Value | None) -> tuple[Passed, ...]:
        """Return what a tensor went through last, one for each way it may have come about; () if one is not known."""
        return () if value is None else self._outputs.passed(value)

    def shape(self, value: Value | None) -> Shape:
        """Return how many axes a tensor has and how long the last one is, as far as all its readings agree."""
        return self._shapes.of(value)

    def zeros_and_ones(self, mask: Value | None) -> Called | None:
        """Return the call that made a mask of zeros and ones in floating point; `None` if that is not known."""
        return zeros_and_ones(mask, self._gave)

    @cached_property
    def _gave(self) -> dict[int, Called]:
        """The calls that gave values which are not known, by `id` of the value."""
        calls = (call for calls in self._interpreter.calls.values() for call in calls)
        return {id(call.result): call for call in calls if isinstance(call.result, Unknown)}

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

    @cached_property
    def called_at(self) -> dict[Place, set[str]]:
        """The names of all that the call at each place may call."""
        found: dict[Place, set[str]] = {}
        for call in self.every_call():
            found.setdefault(call.place, set()).add(call.name)
        return found

    @cached_property
    def coverage(self) -> Coverage:
        """The optimizers of the program, and whose parameters each holds."""
        clipped = {
            id(a.value) for name in CLIPPERS for c in self.calls(f"torch.nn.utils.{name}") for a in c.node.arguments
        }
        takes = self.calls(".parameters", ".named_parameters", ".load_state_dict", ".requires_grad_")
        used = [call for call in takes if id(call.node) not in clipped]
        return Coverage(self.objects, self.calls(".add_param_group"), used)

    def unheld(self) -> Iterator[tuple[Unheld, Root]]:
        """Yield the models that are trained though no optimizer holds their parameters, with their root."""
        for root in self.roots:
            for unheld in self.coverage.unheld(root):
                yield unheld, root

    def surgeries(self) -> Iterator[Surgery]:
        """Yield the layers that were put into a model after the optimizer had taken its parameters."""
        return self.coverage.surgeries(self._interpreter.grafts)

    @cached_property
    def optimizers(self) -> list[OptimizerBuild]:
        """The optimizers of libraries that the program makes, with what steps them."""
        return read_optimizers(self._interpreter)

    def calls_in(self, loop: LoopFacts) -> Iterator[Called]:
        """Yield all calls inside a loop."""
        for calls in self._interpreter.calls.values():
            yield from (call for call in calls if loop in call.loops)

    @cached_property
    def schedules(self) -> list[Schedule]:
        """The learning-rate schedulers of torch that the program makes, with what is done with each."""
        return read_schedules(self._interpreter)

    def beyond_reading(self, name: str, file: str = "") -> bool:
        """Tell whether code that is not followed, of one file or of all, mentions a name.

        That are functions that nothing calls, or nothing that was followed, and branches that are never taken.
        """
        left_out = self._left_out
        return any(name in words for place, words in left_out.items() if file in ("", place))

    @cached_property
    def _left_out(self) -> dict[str, set[str]]:
        machine = self._interpreter
        words: dict[str, set[str]] = {}
        for file, block in machine.skipped:
            words.setdefault(file.facts.name, set()).update(words_in(block))
        for file in machine.project.files:
            for function in functions_left_out(file.facts.body, machine.invoked):
                words.setdefault(file.facts.name, set()).update(words_in(function))
        return words

    def may_step_another(self, step: Called, schedule: Schedule) -> bool:
        """Tell whether the same call may step something else than this scheduler, or one that is made as it is."""
        alike = (other for other in self.schedules if other.made.place == schedule.made.place)
        own = {id(call) for other in alike for call in other.steps}
        others = (call for call in self.calls(".step") if call.place == step.place and call.root is step.root)
        return any(id(call) not in own for call in others)

    def steps_an_unknown_scheduler(self, schedule: Schedule) -> bool:
        """Tell whether something is stepped that is not known, and may be this scheduler."""
        kept = "." in schedule.scheduler.name  # an attribute is reached from anywhere
        for call in self.calls(".step"):
            receiver = call.callee.receiver if isinstance(call.callee, Method) else None
            unknown = isinstance(receiver, Unknown) and receiver.role in (Role.SCHEDULER, None)
            if unknown and (kept or call.root is schedule.made.root):
                return True
        return False

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

    def made_parallel(self, model: Value) -> Called | None:
        """Return the call that wraps a model in `DistributedDataParallel`, where one does."""
        for call in self.calls(*DISTRIBUTED_WRAPPERS):
            given = call.arguments.get(0, "module")
            if given is not None and any(reading is model for reading in readings(given)):
                return call
        return None

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
