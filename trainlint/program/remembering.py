"""Which attributes carry something from one call of an object to the next."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.program import facts
from trainlint.program.names import member_targets
from trainlint.program.overrides import inside


def remembered_members(cls: facts.Class) -> frozenset[str]:
    """Return the attributes of `self` that a forward sets, and that one may read before it sets them.

    A list that grows, or an item that is written, counts as set; a constant, such as a flag, does not. What only
    `__init__` calls, to count channels as it builds layers, is no part of a forward.
    """
    methods = {s.name: s for s in cls.body if isinstance(s, facts.Function) and s.parameters}
    written: set[str] = set()
    read: set[str] = set()
    pending, followed = (["forward"] if "forward" in methods else list(methods)), {"__init__"}
    while pending:
        name = pending.pop()
        if name in followed or name not in methods:
            continue
        followed.add(name)
        body, receiver = methods[name].body, methods[name].parameters[0].name
        written.update(_written(body, receiver))
        _read_first(body, receiver, set(), read)
        pending.extend(_read(body, receiver))
    return frozenset(written & read)


def _written(part: object, receiver: str) -> Iterator[str]:
    for node in inside(part):
        match node:
            case facts.Assign(targets, value) if not isinstance(value, facts.Literal):
                for target in targets:
                    yield from _members(target, receiver)
            case facts.Augment(target, _, value) if not isinstance(value, facts.Literal):
                yield from _members(target, receiver)
            case facts.Call(facts.Attribute(held, "append" | "appendleft" | "insert" | "extend" | "update" | "add")):
                yield from _members(held, receiver)


def _members(target: object, receiver: str) -> Iterator[str]:
    """Yield the attributes in which an assignment to `target` leaves something."""
    match target:
        case facts.Attribute(facts.Name(name), member) if name == receiver:
            yield member
        case facts.Subscript(base, _) | facts.Attribute(base, _):
            yield from _members(base, receiver)
        case facts.Collection(_, items):
            for item in items:
                yield from _members(item, receiver)


def _read_first(block: facts.Block, receiver: str, known: set[str], found: set[str]) -> None:
    """Find the attributes that a block may read before it has set them; `known` are those that were set before."""
    for statement in block:
        inner = facts.blocks(statement)
        if isinstance(statement, facts.Assign):
            anew = {member for target in statement.targets for member in member_targets(target, receiver)}
            found.update(set(_read(statement.value, receiver)) - known)
            found.update(set(_read(statement.targets, receiver)) - known - anew)
            known |= anew
        elif inner:
            found.update(set(_read(_head(statement), receiver)) - known)
            for each in inner:
                _read_first(each, receiver, set(known), found)
        else:
            found.update(set(_read(statement, receiver)) - known)


def _head(statement: facts.Statement) -> object:
    """Return what a statement with blocks evaluates itself."""
    match statement:
        case facts.If(test) | facts.While(test) | facts.Match(test):
            return test
        case facts.For(_, iterable):
            return iterable
        case facts.With(items):
            return items
    return ()


def _read(part: object, receiver: str) -> Iterator[str]:
    for node in inside(part):
        if isinstance(node, facts.Attribute) and node.base == facts.Name(receiver):
            yield node.name
