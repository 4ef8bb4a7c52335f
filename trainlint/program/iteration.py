"""What a loop over a value gives, and what lists come to hold."""

from __future__ import annotations

from trainlint.frozen import replace
from trainlint.operations import Role
from trainlint.program.machine import Machine
from trainlint.program.readings import join
from trainlint.program.tensors import Parameters, Tensor
from trainlint.program.torch_api import ITERATES
from trainlint.program.values import Arguments, Constant, External, Items, Object, OneOf, Table, Unknown, Value


def keys_of(machine: Machine, table: Table) -> Items:
    """Return what a loop over a dict goes through."""
    keys: list[Value] = [Constant(key) for key in table.pairs]  # type: ignore[arg-type]
    return Items("list", keys, machine.number(), table.complete)


def extend(machine: Machine, items: Items, more: Value) -> None:
    """Append what `more` holds to a list, in place."""
    machine.note_change(items)
    if isinstance(more, Items):
        items.items.extend(more.items)
        items.complete = items.complete and more.complete and items.made_in == machine.here.block
    else:
        items.items.append(element_of(machine, more))
        items.complete = False
    items.block = machine.here.block


def element_of(machine: Machine, iterable: Value) -> Value:
    """Return what a loop over `iterable` gives in one iteration."""
    match iterable:
        case Object(role=Role.LOADER):
            return Tensor(machine.number(), frozenset(), None, iterable, detached=True)
        case Object(origin="builtins.enumerate", arguments=Arguments((inner, *_))):
            return Items("tuple", [machine.unknown(), element_of(machine, inner)], machine.number())
        case Object(origin="builtins.zip", arguments=Arguments(inners)) if inners:
            return Items("tuple", [element_of(machine, inner) for inner in inners], machine.number())
        case Object(origin=str() as origin, arguments=Arguments((inner, *_))) if origin in ITERATES:
            return element_of(machine, inner)
        case Items(items=items) if items:
            result = items[0]
            for item in items[1:]:
                result = join(result, item)
            return result
        case Parameters():
            return iterable
        case Tensor() if iterable.graph:  # of what a model gives: features by scale, outputs by head
            return replace(machine.tensor(iterable), item=True, folded=iterable.folded or iterable.item)
        case Unknown(role=Role.LOADER):
            return Tensor(machine.number(), frozenset(), None, iterable, detached=True)
        case OneOf(values):
            return element_of(machine, values[0])
    return machine.unknown("", iterable)


def loader_in(value: Value, depth: int = 4) -> Value | None:
    """Return the data loader that a loop over `value` draws from."""
    if isinstance(value, (Object, Unknown)) and value.role is Role.LOADER:
        return value
    if depth == 0:
        return None
    inner: tuple[Value, ...] = ()
    match value:
        case Object(origin=str(), role=None, arguments=arguments):
            inner = tuple(arguments.values())
        case Unknown(parts=parts):
            inner = parts
        case OneOf(values):
            inner = values
        case Tensor(loader=loader):
            return loader
    return next((found for part in inner if (found := loader_in(part, depth - 1)) is not None), None)


def may_be_several(value: Value, depth: int = 4) -> bool:
    """Tell whether a loop over `value` may draw from one thing or from another."""
    match value:
        case OneOf():
            return True
        case Unknown(role=None, parts=parts) if parts and depth:  # what a call made of it, or one of several things
            return not isinstance(parts[0], External) or any(may_be_several(part, depth - 1) for part in parts)
        case Object(origin=str(), role=None, arguments=arguments) if depth:
            return any(may_be_several(part, depth - 1) for part in arguments.values())
    return False
