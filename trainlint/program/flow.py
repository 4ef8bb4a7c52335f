"""The ordered tree of operations."""

from __future__ import annotations

from collections.abc import Iterable

from trainlint.frozen import dataclass
from trainlint.operations import Operation
from trainlint.program.conditions import Formula


@dataclass(frozen=True, slots=True)
class Event:
    """An operation in the tree."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class Branch:
    """An `if`: one tree where the condition holds, the other where not."""

    condition: Formula
    then: Tree
    orelse: Tree


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several ways, for reasons that are not followed (`match`, an exception)."""

    options: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop whose body runs at least once. The values numbered `since … until` are made anew in each iteration."""

    body: Tree
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Unrolled:
    """A loop over a known list: one tree per item."""

    bodies: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """A call that was replaced by what it does: a `return` inside leaves the call only."""

    body: Tree


@dataclass(frozen=True, slots=True)
class Exit:
    """`return`, `raise`, `break` or `continue`."""

    kind: str


Tree = Event | Branch | Choice | Loop | Unrolled | Scope | Exit | tuple["Tree", ...]


def events(tree: Tree) -> Iterable[Operation]:
    """Yield the operations of the tree in the order of the source."""
    match tree:
        case tuple():
            for child in tree:
                yield from events(child)
        case Event(operation):
            yield operation
        case Branch(_, then, orelse):
            yield from events(then)
            yield from events(orelse)
        case Choice(parts) | Unrolled(parts):
            for part in parts:
                yield from events(part)
        case Loop(body) | Scope(body):
            yield from events(body)
