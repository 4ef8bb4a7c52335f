"""Which names a block of code assigns."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.program import facts
from trainlint.program.values import Namespace


def assigned_names(block: facts.Block) -> Iterator[str]:
    """Yield the local names that the statements may assign; not those inside functions and classes."""
    for statement in block:
        match statement:
            case facts.Assign(targets):
                for target in targets:
                    yield from _names(target)
            case facts.Augment(target):
                yield from _names(target)
            case facts.If(_, then, orelse):
                yield from assigned_names(then + orelse)
            case facts.For(target, _, body, orelse):
                yield from _names(target)
                yield from assigned_names(body + orelse)
            case facts.While(_, body, orelse):
                yield from assigned_names(body + orelse)
            case facts.With(items, body):
                for _, bound in items:
                    if bound is not None:
                        yield from _names(bound)
                yield from assigned_names(body)
            case facts.Try(body, handlers, orelse, final):
                for part in (body, *handlers, orelse, final):
                    yield from assigned_names(part)
            case facts.Match(_, cases):
                for case in cases:
                    yield from assigned_names(case)


def assignment_ordinals(block: facts.Block) -> dict[str, int]:
    """Return the last statement of a block that may assign each name; for the target of a loop, the loop."""
    found: dict[str, int] = {}
    for statement in block:
        match statement:
            case facts.Assign(targets, ordinal=ordinal):
                found |= {name: ordinal for target in targets for name in _names(target)}
            case facts.Augment(target, ordinal=ordinal):
                found |= dict.fromkeys(_names(target), ordinal)
            case facts.For(target, _, body, orelse, ordinal):
                found |= dict.fromkeys(_names(target), ordinal) | assignment_ordinals(body + orelse)
            case facts.If(_, first, second) | facts.While(_, first, second):
                found |= assignment_ordinals(first + second)
            case facts.With(items, body):
                found |= {name: -1 for _, bound in items if bound is not None for name in _names(bound)}
                found |= assignment_ordinals(body)
            case facts.Try(body, handlers, orelse, final):
                for part in (body, *handlers, orelse, final):
                    found |= assignment_ordinals(part)
            case facts.Match(_, cases):
                for case in cases:
                    found |= assignment_ordinals(case)
    return found


def _names(target: facts.Expression) -> Iterator[str]:
    match target:
        case facts.Name(name):
            yield name
        case facts.Collection(_, items):
            for item in items:
                yield from _names(item)
        case facts.Starred(value):
            yield from _names(value)


def assigned_members(cls: facts.Class) -> frozenset[str]:
    """Return the attributes of `self` that methods other than `__init__` assign: their values change with time."""
    found: set[str] = set()
    for statement in cls.body:
        if isinstance(statement, facts.Function) and statement.name != "__init__" and statement.parameters:
            _members(statement.body, statement.parameters[0].name, found)
    return frozenset(found)


def _members(block: facts.Block, receiver: str, found: set[str]) -> None:
    for statement in block:
        match statement:
            case facts.Assign(targets):
                for target in targets:
                    found.update(member_targets(target, receiver))
            case facts.Augment(target):
                found.update(member_targets(target, receiver))
            case facts.If(_, then, orelse):
                _members(then + orelse, receiver, found)
            case facts.For(target, _, body, orelse):
                found.update(member_targets(target, receiver))
                _members(body + orelse, receiver, found)
            case facts.While(_, body, orelse):
                _members(body + orelse, receiver, found)
            case facts.With(_, body):
                _members(body, receiver, found)
            case facts.Try(body, handlers, orelse, final):
                for part in (body, *handlers, orelse, final):
                    _members(part, receiver, found)


def member_targets(target: facts.Expression, receiver: str) -> Iterator[str]:
    """Yield the attributes of `self` that an assignment to `target` sets anew."""
    match target:
        case facts.Attribute(facts.Name(name), member) if name == receiver:
            yield member
        case facts.Collection(_, items):
            for item in items:
                yield from member_targets(item, receiver)


def share_names(names: tuple[str, ...], namespace: Namespace) -> None:
    """Make names declared `global` or `nonlocal` mean those of the enclosing namespace that has them."""
    outer = namespace.outer
    while outer is not None:
        for name in names:
            if name not in namespace.shared and (name in outer.variables or outer.outer is None):
                namespace.shared[name] = outer
        outer = outer.outer
