"""Make an instance of a module again from what making one before gave, where nothing can have come out otherwise."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable
from dataclasses import field

from trainlint.finding import Place
from trainlint.frozen import dataclass, replace
from trainlint.program.assignment import FROZEN, WHOLLY_FROZEN
from trainlint.program.flow import Exit, Scope, Tree
from trainlint.program.machine import MAX_STEPS, Machine
from trainlint.program.prune import Holds
from trainlint.program.retrace import Looks
from trainlint.program.tensors import Parameters, Tensor
from trainlint.program.values import (
    Arguments,
    ClassValue,
    Constant,
    External,
    FunctionValue,
    Items,
    Method,
    Object,
    OneOf,
    Table,
    Unknown,
    Value,
)


@dataclass(frozen=True, eq=False, slots=True)
class Mould:
    """What making an instance gave: all that it made, as it was then, and what was noted of it.

    What is numbered `since … until` came into being by it; `depth` and `block` are those around the call.
    """

    given: tuple[Value, ...]
    made: tuple[Value, ...]
    since: int
    until: int
    depth: int
    block: int
    looked_at: set[tuple[int, str]]
    neighbours: tuple[tuple[int, int], ...]
    taken_apart: frozenset[int]


@dataclass(eq=False, slots=True)
class Copying:
    """Copies of values, each made once; what is numbered `since … until` is numbered anew, by `shift` more."""

    machine: Machine
    since: int
    until: int
    shift: int
    deeper: int = 0
    blocks: tuple[int, int] = (0, 0)  # the block around the instance, and around its copy
    keys: dict[Hashable, Hashable] = field(default_factory=dict)  # of what else is given to the constructor
    done: dict[int, tuple[Value, Value]] = field(default_factory=dict)  # by the `id` of the first, which must live on

    def number(self, number: int) -> int:
        """Return the number of a copy."""
        return number + self.shift if self.since <= number <= self.until else number

    def key(self, key: Hashable) -> Hashable:
        """Return the key of a copy."""
        if isinstance(key, tuple):
            if key in self.keys:
                return self.keys[key]
            return key if key[:1] == ("constant",) else tuple([self.key(part) for part in key])
        return self.number(key) if type(key) is int else key

    def of(self, value: Value) -> Value:
        """Return a copy of what came into being with the instance, and anything else as it is."""
        known = self.done.get(id(value))
        if known is not None:
            return known[1]
        copied = self._copy(value)
        self.done[id(value)] = value, copied
        return copied

    def _all(self, values: tuple[Value, ...]) -> tuple[Value, ...]:
        return tuple([self.of(value) for value in values])

    def _copy(self, value: Value) -> Value:
        match value:
            case Object() if value.ident >= self.since:
                return self._object(value)
            case Items() if value.ident >= self.since:
                items = replace(value, ident=self.number(value.ident), items=[])
                items.block, items.made_in = self._block(value.block), self._block(value.made_in)
                self.done[id(value)] = value, items
                items.items.extend(self._all(tuple(value.items)))
                return items
            case Table() if value.ident >= self.since:
                table = replace(value, ident=self.number(value.ident), pairs={}, rest=[])
                self.done[id(value)] = value, table
                table.pairs.update({key: self.of(item) for key, item in value.pairs.items()})
                table.rest.extend(map(self.of, value.rest))
                return table
            case Tensor() if value.ident >= self.since:
                return self._tensor(value)
            case Unknown() if value.born >= self.since:
                known = replace(value, key=self.key(value.key), born=self.number(value.born), parts=(), members={})
                self.done[id(value)] = value, known
                known.parts = self._all(value.parts)
                known.default = None if value.default is None else self.of(value.default)
                for name, member in value.members.items():
                    inner = self.of(member)
                    assert isinstance(inner, Unknown)
                    known.members[name] = inner
                return known
            case OneOf(values):
                return OneOf(self._all(values))
            case Method(receiver, name):
                return Method(self.of(receiver), name)
            case FunctionValue(receiver=Object() as receiver):
                return replace(value, receiver=self.of(receiver))
            case Parameters(of) if of is not None:
                return replace(value, of=frozenset(self._all(tuple(of))))
        return value

    def _object(self, made: Object) -> Object:
        copied = replace(made, ident=self.number(made.ident), depth=made.depth + self.deeper, members={})
        self.done[id(made)] = made, copied
        copied.arguments = self._arguments(made.arguments)
        for name, value in made.members.items():
            copied.members[name] = self.of(value)
        return copied

    def _arguments(self, arguments: Arguments) -> Arguments:
        keyword = {name: self.of(value) for name, value in arguments.keyword.items()}
        return replace(arguments, positional=self._all(arguments.positional), keyword=keyword)

    def _block(self, block: int) -> int:
        return self.blocks[1] if block == self.blocks[0] else self.number(block)

    def _tensor(self, tensor: Tensor) -> Tensor:
        machine, ident = self.machine, self.number(tensor.ident)
        copied = replace(tensor, ident=ident, parts=self._all(tensor.parts))
        for known in (machine.written, machine.resized):
            if tensor.key in known:
                known.add(copied.key)
        if tensor.ident in machine.leaves:
            machine.leaves.add(ident)
        return copied


def make_once(
    machine: Machine, cls: ClassValue, arguments: Arguments, place: Place | None, make: Callable[[], Object]
) -> Object:
    """Make an instance; the third one and those after it, of what cannot be told apart, as copies of the second."""
    here = machine.here
    given = _given(arguments)
    if given is None or here.tracing or here.steps > MAX_STEPS:
        return make()
    key = id(cls), given, here.grad, here.autocast, tuple([loop.since for loop in here.loops])
    if key not in machine.moulds:
        machine.moulds[key] = None
        return make()
    mould = machine.moulds[key]
    if isinstance(mould, Mould):
        instance = _cast(machine, mould, arguments)
        instance.arguments, instance.place = arguments, place
        return instance
    if mould is not None:
        return make()
    mould, instance = _mould(machine, arguments, make)
    machine.moulds[key] = mould if mould is not None and _given(arguments) == given else False
    return instance


def _given(arguments: Arguments) -> Hashable:
    """Return what tells arguments of a constructor apart; `None` where they may change."""
    values = arguments.values()
    told = tuple([_alike(value) if isinstance(value, Unknown) else _lasting(value) for value in values])
    if None in told:
        return None
    same = tuple([next(i for i, other in enumerate(values) if other is value) for value in values])
    return told, same, tuple(arguments.keyword), arguments.complete, arguments.ends


def _alike(value: Unknown) -> Hashable:
    """Return what tells apart values that are not known, as far as a constructor can."""
    born = value.key[0] if isinstance(value.key, tuple) else value.key
    known = None if value.default is None else _lasting(value.default)
    if value.default is not None and known is None:
        return None
    parts = tuple([(type(part), getattr(part, "role", None)) for part in value.parts])
    return "unknown", born, value.name, value.role, known, parts


def _lasting(value: Value) -> Hashable:
    match value:
        case Constant() | External() | ClassValue():
            return value.key
        case FunctionValue(receiver=None) if not value.namespace.function:
            return value.key
        case Unknown():
            return value.key, value.role, len(value.parts)
        case OneOf(values) if None not in (keys := tuple(map(_lasting, values))):
            return "one-of", keys
        case Items(items=items) if all(isinstance(item, Constant) for item in items):
            return "items", value.kind, value.complete, tuple([item.key for item in items])
    return None


def _mould(machine: Machine, arguments: Arguments, make: Callable[[], Object]) -> tuple[Mould | None, Object]:
    """Make an instance, and keep what it is made of, if making it changed nothing that was there before."""
    here = machine.here
    since, first, told, before = machine.number(), len(machine.objects), len(here.out), _noted(machine)
    neighbours, assigned = len(machine.paired), len(machine.assigned)
    outer, machine.oldest_changed = machine.oldest_changed, sys.maxsize
    machine.moulding += 1
    with Looks(machine, ()) as looked:
        instance = make()
    machine.moulding -= 1
    alone = machine.oldest_changed >= since and _noted(machine) == before
    machine.oldest_changed = min(outer, machine.oldest_changed)
    made, owners = machine.objects[first:], [each.owner for each in machine.assigned[assigned:]]
    alone = alone and all(isinstance(owner, (Object, Tensor)) and owner.ident >= since for owner in owners)
    if not alone or not _does_nothing(here.out[told:]) or not all(map(_can_be_copied, made)):
        return None, instance
    copying = Copying(machine, since, machine.number(), 0)
    mould = Mould(
        arguments.values(),
        tuple([copying.of(each) for each in made]),
        since,
        copying.until,
        here.depth,
        here.block,
        looked.looked_at,
        tuple(machine.paired[neighbours:]),
        frozenset([each.ident for each in made if each.ident in machine.taken_apart]),
    )
    return mould, instance


def _noted(machine: Machine) -> Hashable:
    """Return what tells whether anything was done to training, or could not be followed."""
    here, root = machine.here, machine.here.root
    done = () if root is None else (len(root.operations), len(root.loaded))
    return (
        done,
        len(machine.grafts),
        len(machine.handed),
        machine.cuts,
        here.grad,
        here.autocast,
        here.steps > MAX_STEPS,
    )


def _does_nothing(out: list[Tree]) -> bool:
    """Tell whether these do nothing but, perhaps, end the program."""
    inside = [part for tree in out for part in (tree.body if isinstance(tree, Scope) else (tree,))]  # type: ignore[union-attr]
    return Holds().of(tuple(out)) <= {"raise"} and not any(isinstance(part, Exit) for part in inside)


def _can_be_copied(made: Object) -> bool:
    """Tell whether something holds no function that remembers where it was made, and is not frozen."""
    held = [*made.members.values(), *made.arguments.values()]
    closures = any(isinstance(value, FunctionValue) and value.namespace.function for value in held)
    return not closures and FROZEN not in made.members and WHOLLY_FROZEN not in made.members


def _cast(machine: Machine, mould: Mould, arguments: Arguments) -> Object:
    """Make an instance as a copy."""
    here = machine.here
    shift = machine.skip(mould.until - mould.since + 1) - mould.since
    blocks = mould.block, here.block
    copying = Copying(machine, mould.since, mould.until, shift, here.depth - mould.depth, blocks)
    for first, given in zip(mould.given, arguments.values(), strict=True):
        if isinstance(first, Unknown):
            copying.done[id(first)] = first, given
            copying.keys[first.key] = given.key
    copies = [copying.of(each) for each in mould.made]
    machine.objects.extend([each for each in copies if isinstance(each, Object)])
    machine.neighbours.update((copying.number(one), copying.number(other)) for one, other in mould.neighbours)
    machine.taken_apart.update(map(copying.number, mould.taken_apart))
    machine.looked_at.update((copying.number(ident), name) for ident, name in mould.looked_at)
    instance = copies[0]
    assert isinstance(instance, Object)
    return instance
