"""Trees of operations with only what matters for the order of some."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from trainlint.operations import Kind
from trainlint.program.conditions import Numbering, atoms
from trainlint.program.flow import Branch, Choice, Event, Exit, Loop, Scope, Tree, Unrolled
from trainlint.program.walk import Route, may_fall_through


class Holds:
    """What the parts of a tree hold, looked up once for each: kinds of operations, and exits that leave the part."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Tree, frozenset[str]]] = {}  # by `id`, with what has it, which must live on

    def of(self, tree: Tree) -> frozenset[str]:
        """Return the kinds of the operations in a tree, and of the exits that leave it."""
        known = self._known.get(id(tree))
        if known is None:
            known = self._known[id(tree)] = tree, self._look(tree)
        return known[1]

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


class Pruned:
    """A tree without what only ends the program, ready to be restricted to some kinds of operations."""

    def __init__(self, tree: Tree) -> None:
        self._holds = Holds()
        self._tests = Numbering()
        self._tree = _Endings(tree, self._tests, self._holds).dropped(tree)

    def to(self, kinds: frozenset[Kind]) -> Route:
        """Return the tree with only the operations of these kinds, and the branches that matter for their order."""
        restricted = _restrict(self._tree, kinds | _EXITS, self._holds)
        return Route(_Endings(restricted, self._tests, Holds()).dropped(restricted), self._tests)


class _Endings:
    """The parts of a tree that, as far as it is known, do nothing but end the program on some ways through them."""

    def __init__(self, tree: Tree, tests: Numbering, holds: Holds) -> None:
        self._tests = tests
        self._holds = holds
        self._asked = Counter(self._questions(tree))

    def dropped(self, tree: Tree) -> Tree:
        """Return the tree without such parts, where nothing outside a part asks what it asks."""
        if tree == () or not self._holds.of(tree) or self._only_ends(tree):
            return ()
        match tree:
            case tuple():
                children = [self.dropped(child) for child in tree]
                return tuple([child for child in children if child != ()])
            case Branch(condition, then, orelse):
                return Branch(condition, self.dropped(then), self.dropped(orelse))
            case Choice(options):
                return Choice(tuple([self.dropped(option) for option in options]))
            case Loop(body, since, until):
                return Loop(self.dropped(body), since, until)
            case Unrolled(bodies):
                return Unrolled(tuple([self.dropped(body) for body in bodies]))
            case Scope(body):
                return Scope(self.dropped(body))
        return tree

    def _only_ends(self, tree: Tree) -> bool:
        if not self._holds.of(tree) <= {"raise"}:
            return False
        inside = Counter(self._questions(tree))
        return all(self._asked[test] == count for test, count in inside.items()) and may_fall_through(tree, self._tests)

    def _questions(self, tree: Tree) -> Iterator[int]:
        """Yield the number of each test that a tree asks, as often as it does."""
        match tree:
            case tuple():
                for child in tree:
                    yield from self._questions(child)
            case Branch(condition, then, orelse):
                yield from map(self._tests.shift, atoms(condition))
                yield from self._questions(then)
                yield from self._questions(orelse)
            case Choice(parts) | Unrolled(parts):
                for part in parts:
                    yield from self._questions(part)
            case Loop(body) | Scope(body):
                yield from self._questions(body)


def restrict(tree: Tree, kinds: frozenset[Kind]) -> Tree:
    """Return the tree with only the operations of `kinds`, and only the branches that matter for their order."""
    return Pruned(tree).to(kinds).tree


def _restrict(tree: Tree, wanted: frozenset[str], holds: Holds) -> Tree:
    if holds.of(tree).isdisjoint(wanted):
        return ()
    match tree:
        case tuple():
            children = [_restrict(child, wanted, holds) for child in tree]
            return tuple([child for child in children if child != ()])
        case Branch(condition, then, orelse):
            return Branch(condition, _restrict(then, wanted, holds), _restrict(orelse, wanted, holds))
        case Choice(options):
            return Choice(tuple([_restrict(option, wanted, holds) for option in options]))
        case Loop(body, since, until):
            return Loop(_restrict(body, wanted, holds), since, until)
        case Unrolled(bodies):
            return Unrolled(tuple([_restrict(body, wanted, holds) for body in bodies]))
        case Scope(body):
            return Scope(_restrict(body, wanted, holds))
    return tree
