"""The ordered tree of operations."""

from __future__ import annotations

from trainlint.frozen import dataclass
from trainlint.operations import Kind, Operation
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


class Holds:
    """What the parts of a tree hold, looked up once for each: kinds of operations, and exits that leave the part."""

    def __init__(self) -> None:
        self._known: dict[int, frozenset[str]] = {}

    def of(self, tree: Tree) -> frozenset[str]:
        """Return the kinds of the operations in a tree, and of the exits that leave it."""
        known = self._known.get(id(tree))
        if known is None:
            known = self._known[id(tree)] = self._look(tree)
        return known

    def _look(self, tree: Tree) -> frozenset[str]:
        match tree:
            case tuple():
                return frozenset().union(*map(self.of, tree))
            case Event(operation):
                return frozenset({operation.kind})
            case Branch(_, then, orelse):
                return self.of(then) | self.of(orelse)
            case Choice(options):
                return frozenset().union(*map(self.of, options))
            case Unrolled(bodies):
                return frozenset().union(*map(self.of, bodies)) - _ENDS_ITERATION
            case Loop(body):
                return self.of(body) - _ENDS_ITERATION
            case Scope(body):
                return self.of(body) - {"return"}
            case Exit(kind):
                return frozenset({kind})
        raise AssertionError(tree)


_ENDS_ITERATION = frozenset({"break", "continue"})
_EXITS = _ENDS_ITERATION | {"return", "raise"}


def restrict(tree: Tree, kinds: frozenset[Kind], holds: Holds | None = None) -> Tree:
    """Return the tree with only the operations of `kinds`, and only the branches that matter for their order.

    `holds` may be kept for further kinds of the same tree.
    """
    holds = Holds() if holds is None else holds
    if holds.of(tree).isdisjoint(kinds | _EXITS):
        return ()
    match tree:
        case tuple():
            children = [restrict(child, kinds, holds) for child in tree]
            return tuple([child for child in children if child != ()])
        case Branch(condition, then, orelse):
            return Branch(condition, restrict(then, kinds, holds), restrict(orelse, kinds, holds))
        case Choice(options):
            return Choice(tuple([restrict(option, kinds, holds) for option in options]))
        case Loop(body, since, until):
            return Loop(restrict(body, kinds, holds), since, until)
        case Unrolled(bodies):
            return Unrolled(tuple([restrict(body, kinds, holds) for body in bodies]))
        case Scope(body):
            return Scope(restrict(body, kinds, holds))
    return tree
