"""Trees of operations with only what matters for the order of some."""

from __future__ import annotations

from trainlint.operations import Kind
from trainlint.program.conditions import NOTHING, Assumptions, Numbering
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
        self._tree = _Endings(Route(tree, self._tests), self._holds).dropped(tree, NOTHING)

    def to(self, kinds: frozenset[Kind]) -> Route:
        """Return the tree with only the operations of these kinds, and the branches that matter for their order."""
        restricted = _restrict(self._tree, kinds | _EXITS, self._holds)
        endings = _Endings(Route(restricted, self._tests), Holds())
        return Route(endings.dropped(restricted, NOTHING), self._tests)


class _Endings:
    """The parts of a tree that, as far as it is known, do nothing but end the program on some ways through them."""

    def __init__(self, route: Route, holds: Holds) -> None:
        self._asks = route.asks
        self._tests = route.tests
        self._holds = holds

    def dropped(self, tree: Tree, outside: Assumptions) -> Tree:
        """Return the tree without such parts, where nothing `outside` a part asks what it asks."""
        held = self._holds.of(tree)
        if not held:
            return ()
        if held == {"raise"} and not self._asks(tree) & outside and may_fall_through(tree, self._tests):
            return ()
        match tree:
            case tuple():
                return tuple([child for child in self._among(tree, outside) if child != ()])
            case Branch(condition, then, orelse):
                then, orelse = self._among((then, orelse), outside | self._tests.asked(condition))
                return Branch(condition, then, orelse)
            case Choice(options):
                return Choice(tuple(self._among(options, outside)))
            case Loop(body, since, until):
                return Loop(self.dropped(body, outside), since, until)
            case Unrolled(bodies):
                return Unrolled(tuple(self._among(bodies, outside)))
            case Scope(body):
                return Scope(self.dropped(body, outside))
        return tree

    def _among(self, parts: tuple[Tree, ...], outside: Assumptions) -> list[Tree]:
        """Return the parts without what only ends the program; for each, the others are outside."""
        asked_after = [outside]
        for part in parts[:0:-1]:
            asked_after.append(asked_after[-1] | self._asks(part))
        left: list[Tree] = []
        asked_before = NOTHING
        for part in parts:
            left.append(self.dropped(part, asked_before | asked_after.pop()))
            asked_before |= self._asks(part)
        return left


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
