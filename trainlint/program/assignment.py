"""What an assignment changes."""

from __future__ import annotations

from dataclasses import replace

from trainlint.operations import Kind
from trainlint.program import facts
from trainlint.program.attributes import member_of_unknown
from trainlint.program.data_api import SPLIT
from trainlint.program.datasets import part_of_split
from trainlint.program.machine import Machine
from trainlint.program.readings import join, readings
from trainlint.program.torch_api import canonical, role_by_name
from trainlint.program.values import (
    HIDDEN,
    NONE,
    Constant,
    Items,
    Namespace,
    Object,
    OneOf,
    Parameters,
    Table,
    Tensor,
    Unknown,
    Value,
)

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
            _call_it(value, name)
            namespace.shared.get(name, namespace).variables[name] = value
        case facts.Attribute(base, name):
            _call_it(value, facts.render(target))
            for owner in readings(machine.evaluate(base, namespace)):
                if name == "training" and statement is not None:
                    machine.emit(Kind.UNKNOWN, statement, namespace, models=machine.models([owner]))
                if name == "grad" and statement is not None:
                    kind = Kind.ZERO_GRAD if value == NONE else Kind.UNKNOWN
                    of = owner.of if isinstance(owner, Parameters) else None
                    machine.emit(kind, statement, namespace, models=machine.models(of))
                _set_member(machine, owner, name, value)
        case facts.Subscript(base, index):
            owner = machine.evaluate(base, namespace)
            key = machine.evaluate(index, namespace)
            if isinstance(owner, Table):
                if isinstance(key, Constant):
                    owner.pairs[key.value] = value
                else:
                    owner.complete = False
                    machine.forget_constants(owner.pairs)
            elif isinstance(owner, Items):
                owner.complete = False
                owner.items.append(value)
            elif isinstance(owner, Unknown):
                owner.parts = (*owner.parts, value)
        case facts.Collection(_, items):
            for position, item in enumerate(items):
                if isinstance(item, facts.Starred):
                    assign(machine, item.value, machine.unknown("", value), namespace)
                else:
                    assign(machine, item, _unpacked(machine, value, position, len(items)), namespace)
        case facts.Starred(inner):
            assign(machine, inner, value, namespace)


def _set_member(machine: Machine, owner: Value, name: str, value: Value) -> None:
    match owner:
        case Object():
            known = owner.members.get(name)
            uncertain = known is not None and machine.depth > owner.depth
            owner.members[name] = join(known, value) if uncertain and known is not None else value
        case Unknown():
            owner.parts = (*owner.parts, value)  # what is asked of the owner later may reach it
            if isinstance(value, Unknown):
                owner.members[name] = value
            else:
                owner.members.pop(name, None)
        case Parameters() if name == "requires_grad":
            freeze(machine, owner, value)
        case Parameters(of) if name == "data":
            thaw(of)


def freeze(machine: Machine, parameters: Parameters, trains: Value | None) -> None:
    """Remember that parameters of these modules may not be trained; and where all of them are not, since when."""
    directly = not machine.loops or (machine.block == machine.loops[-1].block and not machine.out)
    for module in parameters.of or ():
        if isinstance(module, Object):
            module.members[FROZEN] = Constant(True)
            if trains == Constant(False) and parameters.whole and directly:
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


def _call_it(value: Value, name: str) -> None:
    """Remember the first name that the source gives to something."""
    if isinstance(value, OneOf):
        for reading in value.readings:
            _call_it(reading, name)
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
            return replace(machine.tensor(value), item=True)
        case Unknown():
            return member_of_unknown(value, f"[{position}]")
        case Parameters():
            return value
        case OneOf(values):
            return _unpacked(machine, values[0], position, count)
    return machine.unknown("", value)


def set_by_name(machine: Machine, owner: Value, name: Value, value: Value) -> None:
    """Set an attribute whose name is computed: `setattr(owner, name, value)`."""
    if isinstance(name, Constant):
        _set_member(machine, owner, str(name.value), value)
    elif isinstance(owner, Object):
        machine.forget_constants(owner.members)
