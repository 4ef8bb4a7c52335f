"""The state of interpreting a program: where it is, what surrounds it, and the operations seen so far."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from trainlint.finding import Place
from trainlint.frozen import replace
from trainlint.operations import Kind, Operation, Precision, Role, Subject
from trainlint.program import facts
from trainlint.program.conditions import Formula
from trainlint.program.flow import Branch, Event, Tree
from trainlint.program.interest import Interest
from trainlint.program.project import Project
from trainlint.program.records import (
    Application,
    Assigned,
    Called,
    Frame,
    Graft,
    Kept,
    LoopFacts,
    Mentioned,
    Root,
    Turn,
)
from trainlint.program.values import (
    AUTOCAST_OFF,
    Arguments,
    Autocast,
    ClassValue,
    Constant,
    Cut,
    External,
    File,
    FunctionValue,
    Items,
    Method,
    Namespace,
    Object,
    OneOf,
    Table,
    Tensor,
    Unknown,
    Value,
)

MAX_STEPS = 20_000  # statements interpreted for one root or one forward; nothing is said of a larger one
MAX_CLOSURE = 400  # modules of one model that are told apart


class Machine(ABC):
    """What the parts of the interpreter share."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.roots: list[Root] = []
        self.objects: list[Object] = []
        self.classes: list[ClassValue] = []
        self.invoked: set[int] = set()  # `id` of the functions that something in the program calls
        self.interest = Interest(frozenset(), frozenset(), frozenset())
        self.root: Root | None = None
        self.out: list[Tree] = []
        self.loops: list[LoopFacts] = []
        self.frames: list[Frame] = []
        self.grad: bool | None = True
        self.autocast: Autocast | None = AUTOCAST_OFF  # `None`: not known
        self.depth = 0  # branches and loops around this point of which it is not known how they go
        self.block = 0  # the innermost of them, numbered
        self.turn = 0  # the last turn on the way to this point
        self.turns: dict[int, Turn] = {}
        self.skipped: list[tuple[File, facts.Block]] = []  # what is never reached, as a test that is known decides
        self.turn_of: dict[int, int] = {}  # by the `id` of an operation
        self.handed: set[int] = set()  # `ident` of the schedulers that something which is not followed may step
        self.taken_apart: set[int] = set()  # containers of layers that the program goes through one by one
        self.traced: Object | None = None  # the module whose forward is followed
        self.tracing = 0  # inside a module's forward: its layers are followed, not the operations of training
        self.applications: list[Application] = []
        self.reads: Counter[int] = Counter()  # how often the output of each application is read from a variable
        self.calls: dict[str, list[Called]] = {}  # by what is called
        self.grafts: list[Graft] = []
        self.statement: facts.Expression | None = None  # the expression whose value nobody takes
        self.slices: list[tuple[Value, Value]] = []  # what was sliced, and the slice
        self.neighbours: set[tuple[int, int]] = set()  # objects that stand one behind the other in some list
        self.asked: list[facts.Expression] = []  # the tests on the way to this point
        self.tried: facts.Statement | None = None  # the first statement of a `try`: it may be there only to fail
        self.mentioned: list[Mentioned] = []
        self.assigned: list[Assigned] = []
        self.looked_at: set[tuple[int, str]] = set()  # objects and their attributes that are read, but not to call them
        self.used: set[tuple[int, str]] = set()  # the same, of what is read inside a forward
        self.outputs: dict[int, Value] = {}  # what the forward of each module gives, by the module's number
        self.written: set[int] = set()  # numbers of the tensors that are changed in place
        self.leaves: set[int] = set()  # numbers of the tensors that were told to require gradients
        self.called_from: Place | None = None  # where the function is called that is about to be followed
        self.steps = 0
        self._count = 0
        self._scheduled = False
        self._looked_through = 0  # of the objects, in search of a scheduler

    @abstractmethod
    def evaluate(self, expression: facts.Expression, namespace: Namespace) -> Value:
        """Return what the expression may be, and note the operations that evaluating it does."""

    @abstractmethod
    def invoke(
        self, function: FunctionValue, arguments: Arguments, on_yield: Callable[[Value], None] | None = None
    ) -> Value:
        """Replace a call of a function of the program by what it does; `on_yield` is run at its first `yield`."""

    @abstractmethod
    def load(self, file: File) -> Namespace:
        """Interpret the top level of a file, once."""

    @abstractmethod
    def instantiate(self, cls: ClassValue, arguments: Arguments, place: Place | None) -> Object:
        """Make an instance of a class of the program."""

    @abstractmethod
    def resolve(self, dotted: str, importer: File) -> Value:
        """Return what a dotted name means: a name of a file of the program, or one of a library."""

    @abstractmethod
    def open_arguments(self, function: FunctionValue, skip: int) -> Arguments:
        """Return arguments of which nothing is known but the parameters' names and defaults, but for the first."""

    def yielded(self, value: Value) -> Value:
        """Give a value to whom a generator serves: the block of a `with`, or nobody that is known."""
        frame = self.frames[-1] if self.frames else None
        if frame is not None and frame.on_yield is not None:
            run, frame.on_yield = frame.on_yield, None
            run(value)
        self.hand_over([value])
        return self.unknown("", value)

    def number(self) -> int:
        """Return the next number: values and objects are numbered in the order in which they come into being."""
        self._count += 1
        return self._count

    def unknown(self, name: str = "", *parts: Value) -> Unknown:
        """Return a new value that is not known, made from `parts`."""
        born = self.number()
        return Unknown(("unknown", born), born, name, parts=parts)

    def forget_constants(self, named: MutableMapping[Any, Value]) -> None:
        """Take constants as not known, where code that is not followed may have set them."""
        for name, value in named.items():
            if isinstance(value, Constant) and not str(name).startswith("__"):
                named[name] = self.unknown(str(name))

    def tensor(self, *sources: Value) -> Tensor:
        """Return a new tensor computed from `sources`."""
        models: set[Value] = set()
        scaler: Value | None = None
        loader: Value | None = None
        known, folded, item, open_ = True, False, False, False
        cut: Cut | None = None
        graph: set[int] = set()
        for source in sources:
            open_ = open_ or may_have_graph(source)
            for tensor in tensors_in(source):
                cut = cut or tensor.cut
                graph |= tensor.graph
                folded = folded or tensor.folded
                item = item or tensor.item
                loader = loader or tensor.loader
                scaler = scaler or tensor.scaler
                if tensor.sources is None:
                    known = False
                else:
                    models |= tensor.sources
        known_models = frozenset(models) if known else None
        number = self.number()
        detached = bool(sources) and not any(map(self.may_be_differentiated, sources))
        return Tensor(
            number,
            known_models,
            scaler,
            loader,
            frozenset(graph),
            folded,
            item,
            parts=sources,
            open=open_,
            detached=detached,
            cut=cut if detached else None,
            terms=frozenset({number}) if graph else frozenset(),
        )

    def may_be_differentiated(self, value: Value) -> bool:
        """Tell whether a value may have a graph behind it, or be a leaf that gets gradients."""
        match value:
            case Constant() | External():
                return False
            case Tensor():
                return not value.detached or value.ident in self.leaves
            case Items(items=items) if value.complete:
                return any(map(self.may_be_differentiated, items))
            case Unknown():
                return number_from(value) is None
        return True

    def captured(self) -> Captured:
        """Collect the operations of a block apart."""
        return Captured(self)

    @contextmanager
    def undecided(self, condition: Formula | None = None, loop: LoopFacts | None = None) -> Iterator[None]:
        """Mark what is inside as happening perhaps, or more than once."""
        saved, self.block = (self.block, self.turn), self.number()
        self.take_turn(Turn(self.turn, condition, loop))
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1
            self.block, self.turn = saved

    def take_turn(self, turn: Turn) -> None:
        """Mark all that follows, up to the end of the branch, loop body or call around it, as lying past a turn."""
        self.turn = self.number()
        self.turns[self.turn] = turn

    def hand_over(self, values: Iterable[Value]) -> None:
        """Remember that something which is not followed has these values, and may step the schedulers among them."""
        held = [v.receiver if isinstance(v, Method) else v for v in values]
        held = [v for v in held if isinstance(v, (Object, OneOf, Items, Table))]
        if held and self._makes_schedulers():
            schedulers = (o for o in training_objects(held) if o.role is Role.SCHEDULER)
            self.handed.update(o.ident for o in schedulers if isinstance(o, Object))

    def _makes_schedulers(self) -> bool:
        """Tell whether there is a scheduler among the objects made so far."""
        while not self._scheduled and self._looked_through < len(self.objects):
            self._scheduled = self.objects[self._looked_through].role is Role.SCHEDULER
            self._looked_through += 1
        return self._scheduled

    @contextmanager
    def when(self, condition: Formula, holds: bool) -> Iterator[None]:
        """Note the operations of an expression that is evaluated only where a condition holds, or does not."""
        with self.captured() as out:
            yield
        if out:
            then, orelse = (tuple(out), ()) if holds else ((), tuple(out))
            self.out.append(Branch(condition, then, orelse))

    def emit(
        self, kind: Kind, node: facts.Call | facts.Assign, namespace: Namespace, **subjects: object
    ) -> Operation | None:
        """Note an operation at a call, or an assignment, of the source."""
        operation = self.operation(kind, node, namespace, **subjects)
        if operation is not None:
            self.record(operation)
            self.out.append(self.event(operation))
        return operation

    @property
    def precision(self) -> Precision | None:
        """Return what autocast makes of what is done here, where its switch, if it has one, is on."""
        if self.autocast is None:
            return None
        return Precision.FULL if self.autocast.enabled is False else self.autocast.precision

    def event(self, operation: Operation) -> Tree:
        """Return the event of an operation; under `autocast(enabled=use_amp)` it is another where `use_amp` is off."""
        if operation.autocast is None or self.autocast is None or isinstance(self.autocast.enabled, bool):
            return Event(operation)
        switched_off = replace(operation, autocast=Precision.FULL)
        return Branch(self.autocast.enabled, Event(operation), Event(switched_off))

    def operation(
        self, kind: Kind, node: facts.Call | facts.Assign, namespace: Namespace, **subjects: object
    ) -> Operation | None:
        """Return an operation at this node; `None` inside a forward, where none counts."""
        if self.tracing:
            return None
        place = place_of(node, namespace)
        text = facts.render(node.callee if isinstance(node, facts.Call) else node.targets[0])
        autocast = self.precision if kind in (Kind.FORWARD, Kind.BACKWARD) else None
        return Operation(kind, place, text, autocast=autocast, **subjects)  # type: ignore[arg-type]

    def noted(
        self,
        callee: Value,
        arguments: Arguments,
        node: facts.Call,
        namespace: Namespace,
        run: Callable[[], Value],
    ) -> Value:
        """Follow a call, and remember it and what it gave."""
        called = Called(
            callee,
            arguments,
            node,
            place_of(node, namespace),
            self.root,
            tuple(self.loops),
            tuple([frame.function for frame in self.frames]),
            self.traced if self.tracing else None,
            self.block,
            self.grad,
            self.precision,
            node is self.statement,
            tuple(self.asked),
            self.turn,
            self.number(),
        )
        if not isinstance(callee, ClassValue) or any(base != "builtins.object" for base in callee.library_bases()):
            self.hand_over([v for v in arguments.values() if not isinstance(v, Object) or v.role is Role.SCHEDULER])
        self.calls.setdefault(called.name, []).append(called)
        value = run()
        if isinstance(value, Tensor):
            value = replace(value, made_by=called)
        called.results.append(value)
        return value

    def note_neighbours(self, items: list[Value]) -> None:
        """Remember that these stand one behind the other, whatever else their list comes to hold."""
        for first, second in pairwise(items):
            if isinstance(first, Object) and isinstance(second, Object):
                self.neighbours.add((first.ident, second.ident))

    def note_read(self, value: Value) -> None:
        """Count, inside a forward, that a variable that holds a layer's output is read."""
        for tensor in tensors_in(value):
            if tensor.producer is not None:
                self.reads[tensor.producer] += 1

    @contextmanager
    def asking(self, test: facts.Expression) -> Iterator[None]:
        """Remember a test on the way to what is inside."""
        self.asked.append(test)
        try:
            yield
        finally:
            self.asked.pop()

    def record(self, operation: Operation) -> None:
        """Add an operation to the lists of the loops and the root around it."""
        for loop in self.loops:
            loop.operations.append(operation)
        self.turn_of[id(operation)] = self.turn
        if self.root is not None:
            self.root.operations.append(operation)

    def note_kept(self, holder: str, key: Hashable, value: Value, place: Place, born: int, adds: bool) -> None:
        """Tell the loops that are younger than what keeps a value."""
        for loop in self.loops:
            if born < loop.since:
                call = self.frames[loop.frames].place if len(self.frames) > loop.frames else None
                loop.kept.append(Kept(holder, key, value, call or place, adds))

    def note_released(self, value: Value) -> None:
        """Tell the loops around this point that they empty a list."""
        for loop in self.loops:
            loop.released.add(value.key)

    def subject(self, role: Role, value: Value) -> Subject:
        """Return an object as the subject of an operation."""
        known = isinstance(value, Object)
        return Subject(role, value.ident if isinstance(value, Object) else value.key, getattr(value, "name", ""), known)

    def models(self, values: Iterable[Value] | None) -> frozenset[Subject] | None:
        """Return these modules and all modules inside them, as subjects."""
        if values is None:
            return None
        found: dict[object, Subject] = {}
        for value in values:
            for module in modules_in(value):
                found[module.ident if isinstance(module, Object) else module.key] = self.subject(Role.MODEL, module)
        return frozenset(found.values())


class Captured:
    """The operations of a block, collected apart."""

    __slots__ = ("_machine", "_saved")

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def __enter__(self) -> list[Tree]:
        self._saved, self._machine.out = self._machine.out, []
        return self._machine.out

    def __exit__(self, *_: object) -> None:
        self._machine.out = self._saved


def place_of(node: facts.Call | facts.Assign | facts.Evaluate | facts.For | facts.While, namespace: Namespace) -> Place:
    """Return the place of a node of the file that a namespace belongs to."""
    return Place(namespace.file.facts.name, node.ordinal)


def modules_in(value: Value) -> list[Value]:
    """Return a module and all modules it holds; a value that is not known stands for itself."""
    if not isinstance(value, Object):
        asked = value.members.values() if isinstance(value, Unknown) else ()  # parts of it, such as `model.backbone`
        return [value, *(part for part in asked if part.role is Role.MODEL)]
    found: list[Value] = []
    pending: list[Value] = [value]
    seen: set[int] = set()
    while pending and len(seen) < MAX_CLOSURE:
        current = pending.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        kind = type(current)
        if kind is Constant or kind is Unknown:
            continue
        if isinstance(current, Object):
            if current.role is Role.MODEL or current is value:
                found.append(current)
                pending.extend(current.members.values())
                if isinstance(current.origin, str):
                    pending.extend(current.arguments.values())
        elif isinstance(current, OneOf):
            pending.extend(current.readings)
        elif isinstance(current, Items):
            pending.extend(current.items)
        elif isinstance(current, Table):
            pending.extend(current.pairs.values())
    return found


_TRAINED = (Role.MODEL, Role.OPTIMIZER, Role.SCHEDULER, Role.SCALER)


def training_objects(values: Iterable[Value], limit: int = 64) -> list[Object | Unknown]:
    """Return the models, optimizers, schedulers and scalers that can be reached from these values."""
    found: list[Object | Unknown] = []
    pending: list[Value] = list(values)
    seen: set[int] = set()
    while pending and len(seen) < limit:
        current = pending.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, Unknown):
            if current.role is not None and current.role in _TRAINED:
                found.append(current)
            pending.extend(current.parts)
        elif isinstance(current, Object):
            if current.role is not None and current.role in _TRAINED:
                found.append(current)
            if current.role is not Role.MODEL:
                pending.extend(current.members.values())
                pending.extend(current.arguments.values())
        elif isinstance(current, OneOf):
            pending.extend(current.readings)
        elif isinstance(current, Items):
            pending.extend(current.items)
        elif isinstance(current, Table):
            pending.extend(current.pairs.values())
        elif isinstance(current, FunctionValue) and current.receiver is not None:
            pending.append(current.receiver)
    return found


def number_from(value: Value) -> Tensor | None:
    """Return the tensor that a plain number, or an array, was taken from: `loss.item()`."""
    if isinstance(value, Unknown) and value.name in ("item", "tolist", "numpy") and len(value.parts) == 1:
        return value.parts[0] if isinstance(value.parts[0], Tensor) else None
    return None


def may_have_graph(value: Value) -> bool:
    """Tell whether a value is not known well enough to say which models it came from."""
    match value:
        case Tensor():
            return value.open
        case Unknown():
            return number_from(value) is None and not isinstance(value.default, Constant)
        case OneOf(values):
            return any(map(may_have_graph, values))
        case Items(items=items):
            return any(map(may_have_graph, items))
        case Table(pairs=pairs):
            return any(map(may_have_graph, pairs.values()))
    return False


def tensors_in(value: Value, depth: int = 8) -> Iterable[Tensor]:
    """Return the tensors that a value is or holds."""
    if depth == 0:
        return ()
    if isinstance(value, Tensor):
        return (value,)
    if isinstance(value, OneOf):
        inside: Iterable[Value] = value.readings
    elif isinstance(value, Items):
        inside = value.items
    elif isinstance(value, Table):
        inside = value.pairs.values()
    else:
        return ()
    return [tensor for each in inside for tensor in tensors_in(each, depth - 1)]
