"""What an attribute or an item of a value may be."""

from __future__ import annotations

from functools import reduce

from trainlint.finding import Place
from trainlint.frozen import replace
from trainlint.operations import Role
from trainlint.program.data_api import SPLIT, is_data
from trainlint.program.datasets import part_of_split
from trainlint.program.machine import Machine
from trainlint.program.names import assigned_members
from trainlint.program.readings import join, parameters_of
from trainlint.program.tensors import Cut, Parameters, Tensor
from trainlint.program.torch_api import canonical, role_by_name
from trainlint.program.values import (
    NONE,
    Arguments,
    ClassValue,
    Constant,
    External,
    File,
    FunctionValue,
    Items,
    Method,
    Object,
    OneOf,
    Table,
    Unknown,
    Value,
)
from trainlint.program.versions import version_part


def attribute(machine: Machine, base: Value, name: str, file: File) -> Value:
    """Return what `base.name` may be."""
    match base:
        case External(dotted):
            return machine.resolve(f"{dotted}.{name}", file)
        case Object():
            return _member(machine, base, name)
        case Unknown():
            return member_of_unknown(base, name)
        case Tensor():
            if name in ("data", "grad"):
                part = (base, None) if name == "data" else None
                return replace(cut_off(machine, base, f".{name}", None), taken_from=part)
            if name == "shape":
                return Unknown(("shape", base.key), base.born, parts=(base,))
            if name in ("logits", "loss"):
                return replace(machine.tensor(base), taken_from=(base, name))
            return machine.tensor(base) if name in ("T", "mT") else machine.unknown(name, base)
        case ClassValue():
            return _of_class(base, name) or machine.unknown(name)
        case OneOf(values):
            found = [attribute(machine, value, name, file) for value in values if value != NONE]
            result = found[0] if found else machine.unknown(name)
            for value in found[1:]:
                result = join(result, value)
            return result
        case Parameters(of):
            return Parameters(of, gradients=True) if name == "grad" else base if name == "data" else Method(base, name)
        case Items() | Table():
            return Method(base, name)
    return machine.unknown(name, base)


def cut_off(machine: Machine, base: Tensor, text: str, place: Place | None) -> Tensor:
    """Return a tensor with the values of another and without its graph."""
    cut = base.cut or (Cut(text, place) if base.graph else None)
    return Tensor(machine.number(), frozenset(), base.scaler, base.loader, detached=True, cut=cut)


def member_of_unknown(base: Unknown, name: str) -> Unknown:
    """Return an attribute of something not known: not known either, but the same each time."""
    if name not in base.members:
        made = Unknown(("member", base.key, name), base.born, name, parts=base.parts)
        made.role = role_by_name(name)
        base.members[name] = made
    return base.members[name]


def _member(machine: Machine, base: Object, name: str) -> Value:
    if name == "__dict__":  # who asks for it may set anything by name
        machine.forget_constants(base.members)
    if name == "training" and base.role is Role.MODEL and name not in base.members:
        return Unknown(("training", base.key), base.born, name)  # whoever calls it sets the mode
    value = base.members.get(name)
    if base.role is Role.SCHEDULER and name == "step":  # not called here, but taken along
        machine.hand_over([base])
    machine.looked_at.add((base.ident, name))
    if machine.here.tracing:
        machine.used.add((base.ident, name))
    cls = base.origin
    if isinstance(cls, str):
        if value is not None:
            return value
        if base.role is Role.MODEL and name == "module":
            return base
        if name in _HELD and (base.role is Role.LOADER or is_data(canonical(cls))):
            held = base.arguments.get(_HELD[name], name)
            return Method(base, name) if held is None or held == NONE else held
        if base.role is Role.OPTIMIZER and name == "param_groups":
            given = base.arguments.get(0, "params")
            return Parameters(None if given is None else parameters_of(given))
        return Method(base, name)
    if value is not None:
        if isinstance(value, Constant) and _is_changed(machine, cls, name):
            return machine.unknown(name)
        return value
    member = cls.member(name)
    match member:
        case FunctionValue():
            return replace(member, receiver=base)
        case Object(origin="builtins.property", arguments=Arguments((FunctionValue() as getter, *_))):
            return machine.invoke(replace(getter, receiver=base), Arguments())
        case Object(origin="builtins.staticmethod", arguments=Arguments((FunctionValue() as static, *_))):
            return static
        case Object(origin="builtins.classmethod", arguments=Arguments((FunctionValue() as inner, *_))):
            return replace(inner, receiver=cls)
        case None:
            if base.role is Role.MODEL and name not in ("module",):
                return Method(base, name)
            if any(True for _ in cls.library_bases()):
                return Method(base, name)
            made = machine.unknown(name)
            made.role = role_by_name(name)
            base.members[name] = made
            return made
    if isinstance(member, Constant) and _is_changed(machine, cls, name):
        return machine.unknown(name)
    return member


def _is_changed(machine: Machine, cls: ClassValue, name: str) -> bool:
    """Tell whether a method of a class other than `__init__` assigns this attribute."""
    changing = machine.changing.get(id(cls.facts))
    if changing is None:
        changing = machine.changing[id(cls.facts)] = assigned_members(cls.facts)
    return name in changing


def _of_class(cls: ClassValue, name: str) -> Value | None:
    member = cls.member(name)
    match member:
        case Object(origin="builtins.staticmethod", arguments=Arguments((FunctionValue() as static, *_))):
            return static
        case Object(origin="builtins.classmethod", arguments=Arguments((FunctionValue() as inner, *_))):
            return replace(inner, receiver=cls)
    return member


# Attributes by which loaders, batch samplers and subsets give back what they were made of, with its position there.
_HELD = {"dataset": 0, "sampler": -1, "batch_sampler": -1}


def subscript(machine: Machine, base: Value, index: Value) -> Value:
    """Return what `base[index]` may be."""
    match base, index:
        case External(), _ if (part := version_part(base, index)) is not None:
            return part
        case Object(origin=str() as origin), Constant(int() as position) if canonical(origin) == SPLIT:
            return part_of_split(machine, base, position)
        case Items(items=items), Constant(int() as position) if base.complete and -len(items) <= position < len(items):
            return items[position]
        case Items(items=items), _ if items:
            result = items[0]
            for item in items[1:]:
                result = join(result, item)
            return result
        case Table(pairs=pairs), Constant(key) if key in pairs:
            return pairs[key]
        case Table(held=held), _ if held and (base.rest or all(isinstance(value, External) for value in held)):
            return reduce(join, held)
        case Tensor(), Constant(int() as position):  # an item of the batch, or, of an item, one sample
            folded = base.folded or base.item
            return replace(machine.tensor(base), item=True, folded=folded, taken_from=(base, position))
        case Tensor(), _:
            key = index.value if isinstance(index, Constant) and isinstance(index.value, str) else None
            return replace(machine.tensor(base), taken_from=(base, key), parts=(base, index))
        case Parameters(), _:
            return replace(base, whole=False)
        case Unknown(), Constant(key):
            return member_of_unknown(base, f"[{key!r}]")
        case Object(role=Role.MODEL, arguments=Arguments(layers)), Constant(int() as position):
            if isinstance(base.origin, str) and -len(layers) <= position < len(layers):
                return layers[position]
        case OneOf(values), _:
            found = [subscript(machine, value, index) for value in values if value != NONE]
            result = found[0] if found else machine.unknown()
            for value in found[1:]:
                result = join(result, value)
            return result
    return machine.unknown("", base, index)
