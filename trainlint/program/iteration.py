"""What a loop over a value gives, and what lists come to hold."""

from __future__ import annotations

from functools import reduce

from trainlint.frozen import replace
from trainlint.operations import Role
from trainlint.program.machine import Machine
from trainlint.program.readings import join
from trainlint.program.records import Frame
from trainlint.program.tensors import Parameters, Tensor
from trainlint.program.torch_api import ITERATES
from trainlint.program.values import NONE, Arguments, Constant, External, Items, Object, OneOf, Table, Unknown, Value


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
        case Object(origin=origin) if origin == GENERATOR:
            return _anew(machine, iterable.members[YIELDED])
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
        case Tensor(made_by=made) if made is not None and made.name.rpartition(".")[2] in _PARTS_A_TENSOR:
            return replace(machine.tensor(iterable), folded=iterable.folded or iterable.item)
        case Unknown(role=Role.LOADER):
            return Tensor(machine.number(), frozenset(), None, iterable, detached=True)
        case OneOf(values):
            return element_of(machine, next((option for option in values if option != NONE), NONE))
    return machine.unknown("", iterable)


def generator(machine: Machine, frame: Frame) -> Object:
    """Return what a call of a generator function of the program gives.

    One that gives something in each iteration of its only loop goes through what that loop goes through.
    """
    loops = {id(loop): loop for _, around in frame.yielded for loop in around}
    once = all(len(around) == 1 for _, around in frame.yielded) and len(loops) == 1
    through = next(iter(loops.values())).through if once else None
    arguments = Arguments() if through is None else Arguments((through,))
    made = Object(machine.number(), None, GENERATOR, arguments, frame.place, depth=machine.here.depth)
    made.members[YIELDED] = reduce(join, [value for value, _ in frame.yielded])
    return made


GENERATOR = "types.GeneratorType"  # the origin of what a generator function of the program gives
# Under this name it remembers what that is.
YIELDED = "__yielded__"


def _anew(machine: Machine, value: Value) -> Value:
    """Return what a generator gives as what it gives this time."""
    match value:
        case Tensor():
            return replace(value, ident=machine.number())
        case Items(kind, items, complete=complete):
            return Items(kind, [_anew(machine, item) for item in items], machine.number(), complete)
        case Unknown():
            fresh = machine.unknown(value.name, *value.parts)
            fresh.role = value.role
            return fresh
        case OneOf(values):
            return reduce(join, [_anew(machine, reading) for reading in values])
    return value


# What gives a tuple of tensors that were one.
_PARTS_A_TENSOR = {"chunk", "split", "tensor_split", "unbind"}


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
        case Unknown(parts=parts) if not parts or parts[0] != External("builtins.len"):
            inner = parts
        case OneOf(values):
            inner = values
        case Tensor(loader=loader):
            return loader
    return next((found for part in inner if (found := loader_in(part, depth - 1)) is not None), None)


def loaders_in(value: Value) -> tuple[Object, ...]:
    """Return the data loaders of which a loop over `value` draws from one; none where it may draw from something else.

    What may also be `None` is not, where a loop goes over it.
    """
    match value:
        case Object(role=Role.LOADER):
            return (value,)
        case Object(origin=str() as origin, arguments=Arguments((inner, *_))) if _passes_on(origin):
            return loaders_in(inner)
        case OneOf(values):
            options = [loaders_in(option) for option in values if option != NONE]
            return tuple(dict.fromkeys([each for option in options for each in option])) if all(options) else ()
    found = None if may_be_several(value) else loader_in(value)
    return (found,) if isinstance(found, Object) else ()


def _passes_on(origin: str) -> bool:
    return origin in ("builtins.enumerate", GENERATOR) or origin in ITERATES


def may_be_several(value: Value, depth: int = 4) -> bool:
    """Tell whether a loop over `value` may draw from one thing or from another."""
    match value:
        case OneOf(values):
            return sum(option != NONE for option in values) > 1
        case Unknown(role=None, parts=parts) if parts and depth:  # what a call made of it, or one of several things
            if not isinstance(parts[0], External):
                return True
            drawn = [part for part in parts if loader_in(part, depth - 1) is not None]  # not the text of a progress bar
            return any(may_be_several(part, depth - 1) for part in drawn)
        case Object(origin=str() as origin, role=None, arguments=arguments) if depth:
            parts = arguments.positional[:1] if _passes_on(origin) else arguments.values()
            return any(may_be_several(part, depth - 1) for part in parts)
    return False
