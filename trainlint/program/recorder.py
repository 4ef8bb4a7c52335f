"""Note the operations of training, and the calls, of a program."""

from __future__ import annotations

from collections.abc import Iterable

from trainlint.finding import Place
from trainlint.frozen import replace
from trainlint.operations import Kind, Operation, Precision, Role, Subject
from trainlint.program import facts
from trainlint.program.flow import Branch, Event, Tree
from trainlint.program.memory import Memory
from trainlint.program.reachable import modules_in
from trainlint.program.records import Called, called_name
from trainlint.program.tensors import Tensor
from trainlint.program.values import Arguments, ClassValue, Items, Method, Namespace, Object, Table, Value
from trainlint.program.writing import resized_by, sharing_memory, written_by


class Recorder(Memory):
    """Notes what happens where the interpreter is."""

    def emit(
        self, kind: Kind, node: facts.Call | facts.Assign, namespace: Namespace, **subjects: object
    ) -> Operation | None:
        """Note an operation at a call, or an assignment, of the source."""
        operation = self.operation(kind, node, namespace, **subjects)
        if operation is not None:
            self.record(operation)
            self.here.out.append(self.event(operation))
        return operation

    @property
    def precision(self) -> Precision | None:
        """Return what autocast makes of what is done here, where its switch, if it has one, is on."""
        if self.here.autocast is None:
            return None
        return Precision.FULL if self.here.autocast.enabled is False else self.here.autocast.precision

    def event(self, operation: Operation) -> Tree:
        """Return the event of an operation; under `autocast(enabled=use_amp)` it is another where `use_amp` is off."""
        if operation.autocast is None or self.here.autocast is None or isinstance(self.here.autocast.enabled, bool):
            return Event(operation)
        switched_off = replace(operation, autocast=Precision.FULL)
        return Branch(self.here.autocast.enabled, Event(operation), Event(switched_off))

    def operation(
        self, kind: Kind, node: facts.Call | facts.Assign, namespace: Namespace, **subjects: object
    ) -> Operation | None:
        """Return an operation at this node; `None` inside a forward, where none counts."""
        if self.here.tracing:
            return None
        place = place_of(node, namespace)
        text = facts.render(node.callee if isinstance(node, facts.Call) else node.targets[0])
        autocast = self.precision if kind in (Kind.FORWARD, Kind.BACKWARD) else None
        return Operation(kind, place, text, autocast=autocast, **subjects)  # type: ignore[arg-type]

    def record(self, operation: Operation) -> None:
        """Add an operation to the lists of the loops and the root around it."""
        for loop in self.here.loops:
            loop.operations.append(operation)
        self.turn_of[id(operation)] = self.here.turn
        if self.here.root is not None:
            self.here.root.operations.append(operation)

    def note(self, callee: Value, arguments: Arguments, node: facts.Call, namespace: Namespace) -> Called:
        """Remember a call that is going to be followed."""
        here = self.here
        name = called_name(callee)
        called = Called(
            callee,
            name,
            arguments,
            node,
            place_of(node, namespace),
            here.root,
            tuple(here.loops),
            here.frames[-1].functions if here.frames else (),
            here.traced if here.tracing else None,
            here.block,
            here.grad,
            self.precision,
            node is self.statement,
            tuple(here.asked),
            here.turn,
            self.number(),
        )
        if self.makes_schedulers() and (
            not isinstance(callee, ClassValue) or any(base != "builtins.object" for base in callee.library_bases())
        ):
            self.hand_over([v for v in arguments.values() if not isinstance(v, Object) or v.role is Role.SCHEDULER])
        self.calls.setdefault(name, []).append(called)
        if self.moulding:
            receiver = () if not isinstance(callee, Method) else (callee.receiver,)
            for given in (*receiver, *arguments.values()):
                if isinstance(given, (Object, Items, Table)):
                    self.note_change(given)
        for changed in written_by(called):
            self.write(changed)
        for changed in resized_by(called):
            self.resized |= sharing_memory(changed, self.sliced)
        return called

    def gave(self, called: Called, value: Value) -> Value:
        """Remember what a call gave, and return it."""
        if isinstance(value, Tensor):
            value = replace(value, made_by=called)
        called.results.append(value)
        return value

    def write(self, value: Value) -> None:
        """Remember that the numbers of a value are overwritten: what gave them says nothing of them any more."""
        self.written |= sharing_memory(value, self.sliced)

    def subject(self, role: Role, value: Value) -> Subject:
        """Return an object as the subject of an operation."""
        if not isinstance(value, Object):
            return Subject(role, value.key, getattr(value, "name", ""), False)
        key = role, value.ident, value.name
        subject = self.subjects.get(key)
        if subject is None:
            subject = self.subjects[key] = Subject(role, value.ident, value.name)
        return subject

    def models(self, values: Iterable[Value] | None) -> frozenset[Subject] | None:
        """Return these modules and all modules inside them, as subjects; the same set for the same modules."""
        if values is None:
            return None
        modules = [module for value in values for module in modules_in(value)]
        if not all(isinstance(module, Object) for module in modules):
            return frozenset([self.subject(Role.MODEL, module) for module in modules])
        subjects = [self.subject(Role.MODEL, module) for module in modules]
        key = tuple(map(id, subjects))
        if key not in self.closures:
            self.closures[key] = frozenset(subjects)
        return self.closures[key]


def place_of(node: facts.Call | facts.Assign | facts.Evaluate | facts.For | facts.While, namespace: Namespace) -> Place:
    """Return the place of a node of the file that a namespace belongs to."""
    file = namespace.file
    place = file.places.get(node.ordinal)
    if place is None:
        place = file.places[node.ordinal] = Place(file.facts.name, node.ordinal)
    return place
