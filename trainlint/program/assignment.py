"""What an assignment changes."""

from __future__ import annotations

from collections.abc import Hashable
from functools import reduce

from trainlint.finding import Place
from trainlint.frozen import replace
from trainlint.operations import Kind, Role
from trainlint.program import facts
from trainlint.program.attributes import member_of_unknown
from trainlint.program.data_api import SPLIT
from trainlint.program.datasets import part_of_split
from trainlint.program.machine import Machine
from trainlint.program.readings import join, readings
from trainlint.program.recorder import place_of
from trainlint.program.records import Assigned, Graft
from trainlint.program.tensors import Parameters, Tensor
from trainlint.program.torch_api import canonical, role_by_name
from trainlint.program.values import (
    HIDDEN,
    NONE,
    Constant,
    External,
    Items,
    Method,
    Namespace,
    Object,
    OneOf,
    Table,
    Unknown,
    Value,
)
from trainlint.program.versions import version_part

FROZEN = "__frozen__"
WHOLLY_FROZEN = "__wholly_frozen__"


def assign(
    machine: Machine,
    target: facts.Expression,
    value: Value,
    namespace: Namespace,
    statement: facts.Assign | None = None,
) -> None:
    """Bind what the target names to a value; setting a gradient to `None` clears it."""
    match target:
        case facts.Name(name):
            call_it(value, name)
            namespace.shared.get(name, namespace).variables[name] = value
        case facts.Attribute(base, name):
            call_it(value, facts.render(target))
            for owner in readings(machine.evaluate(base, namespace)):
                if statement is not None:
                    function = machine.here.frames[-1].function if machine.here.frames else None
                    place = place_of(statement, namespace)
                    machine.assigned.append(Assigned(owner, name, value, facts.render(target), place, function))
                if name == "training" and statement is not None:
                    machine.emit(Kind.UNKNOWN, statement, namespace, models=machine.models([owner]))
                if name == "grad" and statement is not None:
                    kind = Kind.ZERO_GRAD if value == NONE else Kind.UNKNOWN
                    of = owner.of if isinstance(owner, Parameters) else None
                    machine.emit(kind, statement, namespace, models=machine.models(of))
                if statement is not None:
                    _note_graft(machine, owner, value, target, place_of(statement, namespace))
                if isinstance(owner, Object) and statement is not None:
                    _note_kept(machine, owner, name, target, value, namespace, statement)
                _set_member(machine, owner, name, value)
        case facts.Subscript(base, index):
            owner = machine.evaluate(base, namespace)
            machine.note_change(owner)
            if statement is not None:
                _note_graft(machine, owner, value, target, place_of(statement, namespace))
            key = machine.evaluate(index, namespace)
            machine.hand_over([value])
            if isinstance(owner, Table):
                if isinstance(key, Constant):
                    if statement is not None:
                        _note_kept(machine, owner, key.value, target, value, namespace, statement)
                    known = owner.pairs.get(key.value) if machine.here.depth else None  # the branch may not be taken
                    owner.pairs[key.value] = value if known is None else join(known, value)
                else:
                    owner.complete = False
                    owner.rest.append(value)
                    machine.forget_constants(owner.pairs)
            elif isinstance(owner, Items):
                owner.complete = False
                owner.items.append(value)
            elif isinstance(owner, Tensor):
                machine.write(owner)
            elif isinstance(owner, Unknown):
                machine.write(owner)
                owner.parts = (*owner.parts, value)
            elif isinstance(owner, Method) and isinstance(owner.receiver, Object):  # `model.classifier[6] = …`
                owner.receiver.members[owner.name] = machine.unknown(owner.name, value)
        case facts.Collection(_, items):
            for position, item in enumerate(items):
                if isinstance(item, facts.Starred):
                    assign(machine, item.value, machine.unknown("", value), namespace)
                else:
                    assign(machine, item, _unpacked(machine, value, position, len(items)), namespace)
        case facts.Starred(inner):
            assign(machine, inner, value, namespace)


def handed_back(
    machine: Machine, call: facts.Expression, target: facts.Expression, value: Value, namespace: Namespace
) -> Value:
    """Return what a call that is not known gives: what it is given under a name comes back under that name.

    `model, optimizer = prepare(model, optimizer)`; a model that comes back alone may be another one.
    """
    if not isinstance(value, Unknown) or not isinstance(call, facts.Call):
        return value
    given = {facts.render(argument.value) for argument in call.arguments if not argument.star}
    if isinstance(target, facts.Collection):
        back = [_known_by(machine, item, given, namespace) for item in target.items]
        if not any(back):
            return value
        parts: list[Value] = [v or member_of_unknown(value, f"[{number}]") for number, v in enumerate(back)]
        return Items("tuple", parts, machine.number())
    kept = _known_by(machine, target, given, namespace)
    return kept if kept is not None and kept.role is Role.OPTIMIZER else value


def _known_by(
    machine: Machine, target: facts.Expression, given: set[str], namespace: Namespace
) -> Object | Unknown | None:
    if not isinstance(target, (facts.Name, facts.Attribute)) or facts.render(target) not in given:
        return None
    value = machine.evaluate(target, namespace)
    return value if isinstance(value, (Object, Unknown)) and value.role is not None else None


def _note_kept(
    machine: Machine,
    owner: Object | Table,
    name: Hashable,
    target: facts.Expression,
    value: Value,
    namespace: Namespace,
    statement: facts.Assign,
) -> None:
    """Tell the loops that are younger than the owner what it adds up, or sets anew."""
    key = (owner.key, name)
    adds = isinstance(statement.value, facts.Binary) and target in (statement.value.left, statement.value.right)
    for loop in machine.here.loops:
        if not adds:
            loop.released.add(key)
    if adds:
        machine.note_kept(facts.render(target), key, value, place_of(statement, namespace), owner.ident, adds=True)


def _set_member(machine: Machine, owner: Value, name: str, value: Value) -> None:
    match owner:
        case Object():
            if isinstance(owner.origin, str) or any(base != "builtins.object" for base in owner.origin.library_bases()):
                machine.hand_over([value])
            known = owner.members.get(name)
            uncertain = known is not None and machine.here.depth > owner.depth
            owner.members[name] = join(known, value) if uncertain and known is not None else value
        case Unknown():
            machine.hand_over([value])
            owner.parts = (*owner.parts, value)  # what is asked of the owner later may reach it
            if isinstance(value, Unknown):
                owner.members[name] = value
            else:
                owner.members.pop(name, None)
                if isinstance(value, Constant):  # a setting: `cfg.VAL.batch_size = 1`, which others may set anew
                    member_of_unknown(owner, name).default = value
        case Parameters() if name == "requires_grad":
            freeze(machine, owner, value)
        case Parameters(of) if name == "data":
            thaw(of)
        case Tensor() if name == "requires_grad":
            machine.leaves.add(owner.ident)


def _note_graft(machine: Machine, owner: Value, value: Value, target: facts.Expression, place: Place) -> None:
    """Remember that a module which exists is given a layer or a parameter; its own `__init__` gives it those it has."""
    if isinstance(owner, Method):  # a part of a model that is not read: `model.classifier[6]`
        owner = owner.receiver
    if not isinstance(owner, (Object, Unknown)) or owner.role is not Role.MODEL or machine.here.root is None:
        return
    is_layer = isinstance(value, Object) and value.role is Role.MODEL
    is_parameter = (
        isinstance(value, Tensor) and value.made_by is not None and value.made_by.name == "torch.nn.Parameter"
    )
    frames = machine.here.frames
    making = any(frame.function.receiver is owner and frame.function.name == "__init__" for frame in frames)
    if (is_layer or is_parameter) and not making and not machine.here.tracing:
        after, loops = len(machine.here.root.operations), tuple(machine.here.loops)
        written = facts.render(target)
        graft = Graft(owner, value, written, place, machine.number(), machine.here.root, after, loops)
        machine.grafts.append(graft)


def freeze(machine: Machine, parameters: Parameters, trains: Value | None) -> None:
    """Remember that parameters of these modules may not be trained; and where all of them are not, since when."""
    directly = not machine.here.loops or (machine.here.block == machine.here.loops[-1].block and not machine.here.out)
    for module in parameters.of or ():
        if isinstance(module, Object):
            module.members[FROZEN] = Constant(True)
            if trains == Constant(False) and parameters.whole and directly and machine.surely_since(module.ident):
                module.members.setdefault(WHOLLY_FROZEN, Constant(machine.number()))
        elif isinstance(module, Unknown):
            module.members[FROZEN] = HIDDEN
    if trains != Constant(False):
        thaw(parameters.of)


def thaw(modules: frozenset[Value] | None) -> None:
    """Remember that parameters of these modules change, or may, even if they are frozen at some time."""
    for module in modules or ():
        if isinstance(module, Object):
            module.members[WHOLLY_FROZEN] = NONE


def call_it(value: Value, name: str) -> None:
    """Remember the first name that the source gives to something."""
    if isinstance(value, OneOf):
        for reading in value.readings:
            call_it(reading, name)
    if isinstance(value, (Object, Unknown)) and not value.name:
        value.name = name
        if isinstance(value, Unknown) and value.role is None:
            value.role = role_by_name(name)


def _unpacked(machine: Machine, value: Value, position: int, count: int) -> Value:
    match value:
        case Object(origin=str() as origin) if canonical(origin) == SPLIT:
            return part_of_split(machine, value, position)
        case Items(items=items) if value.complete and len(items) == count:
            return items[position]
        case Items(items=items) if items:
            return items[min(position, len(items) - 1)]
        case Tensor():
            return replace(machine.tensor(value), item=True, taken_from=(value, position))
        case External() if (part := version_part(value, Constant(position))) is not None:
            return part
        case Unknown():
            return member_of_unknown(value, f"[{position}]")
        case Parameters():  # of a pair that `named_parameters` gives, the first is the name
            return machine.unknown("name") if (position, count) == (0, 2) else value
        case OneOf(values):
            found = [_unpacked(machine, reading, position, count) for reading in values if reading != NONE]
            return reduce(join, found) if found else machine.unknown("", value)
    return machine.unknown("", value)


def set_by_name(machine: Machine, owner: Value, name: Value, value: Value) -> None:
    """Set an attribute whose name is computed: `setattr(owner, name, value)`."""
    if isinstance(name, Constant):
        _set_member(machine, owner, str(name.value), value)
    elif isinstance(owner, Object):
        machine.forget_constants(owner.members)
        for reading in readings(value):
            if isinstance(reading, Object) and reading.role is Role.MODEL:  # registered, under whatever name
                owner.members[f"({len(owner.members)})"] = reading
