"""The ordered tree of operations, and the walk along all its paths."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field

from trainlint.operations import Kind, Operation
from trainlint.program.conditions import Assumptions, Atom, Formula, atoms, forget, split

MAX_PATHS = 512  # past this many paths into one operation, the order is taken as not known


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


@dataclass(frozen=True, slots=True)
class Path:
    """How an operation can be reached: what was assumed of the tests on the way, and the state of training there."""

    assumptions: Assumptions
    state: Hashable


Paths = frozenset[Path]
NO_PATHS: Paths = frozenset()


class TooManyPathsError(Exception):
    """The paths cannot be told apart within bounds; what depends on their order is not known."""


@dataclass(slots=True)
class _Outcome:
    """The paths that fall out of the end of a tree, and those that leave it by an exit of each kind."""

    normal: Paths
    exits: dict[str, Paths] = field(default_factory=dict)

    def leave(self, kind: str, paths: Paths) -> None:
        if paths:
            self.exits[kind] = self.exits.get(kind, NO_PATHS) | paths

    def absorb(self, other: _Outcome) -> None:
        for kind, paths in other.exits.items():
            self.leave(kind, paths)


Visit = Callable[[Operation, frozenset[Hashable]], None]
Advance = Callable[[Hashable, Operation], Hashable]


def walk(tree: Tree, start: Hashable, advance: Advance, visit: Visit) -> None:
    """Walk along all paths, telling `visit` of each operation with the states in which it can be reached.

    Raises:
        TooManyPathsError: more than `MAX_PATHS` paths lead to one point.
    """
    _Walk(advance, visit).follow(tree, frozenset({Path(frozenset(), start)}), frozenset())


class _Walk:
    """A walk: what it tells of, and the tests that each part of the tree asks."""

    def __init__(self, advance: Advance, visit: Visit) -> None:
        self._advance = advance
        self._visit = visit
        self._asked: dict[int, frozenset[Atom]] = {}

    def follow(self, tree: Tree, paths: Paths, later: frozenset[Atom]) -> _Outcome:
        """Follow the paths through a tree; `later` are the tests that what comes after it asks."""
        if not paths:
            return _Outcome(NO_PATHS)
        if len(paths) > MAX_PATHS:
            raise TooManyPathsError
        match tree:
            case tuple():
                return self._sequence(tree, paths, later)
            case Event(operation):
                self._visit(operation, frozenset(path.state for path in paths))
                return _Outcome(
                    frozenset(Path(path.assumptions, self._advance(path.state, operation)) for path in paths)
                )
            case Branch(condition, then, orelse):
                sides: dict[bool, set[Path]] = {True: set(), False: set()}
                for path in paths:
                    for truth, assumptions in split(condition, path.assumptions):
                        sides[truth].add(Path(assumptions, path.state))
                return _join(
                    self.follow(side, frozenset(sides[truth]), later) for truth, side in ((True, then), (False, orelse))
                )
            case Choice(options):
                return _join(self.follow(option, paths, later) for option in options)
            case Loop():
                return self._loop(tree, paths, later)
            case Unrolled(bodies):
                return self._unrolled(bodies, paths, later)
            case Scope(body):
                inner = self.follow(body, paths, later)
                inner.normal |= inner.exits.pop("return", NO_PATHS)
                return inner
            case Exit(kind):
                outcome = _Outcome(NO_PATHS)
                outcome.leave(kind, paths)
                return outcome
        raise AssertionError(tree)

    def _sequence(self, trees: tuple[Tree, ...], paths: Paths, later: frozenset[Atom]) -> _Outcome:
        asked_after = [later]
        for tree in reversed(trees[1:]):
            asked_after.append(asked_after[-1] | self._asks(tree))
        outcome = _Outcome(paths)
        for tree, after in zip(trees, reversed(asked_after), strict=False):
            inner = self.follow(tree, outcome.normal, after)
            outcome.absorb(inner)
            # What nothing asks again need not be remembered: paths that differ in it only are one.
            outcome.normal = frozenset(
                Path(frozenset(known for known in path.assumptions if known[0] in after), path.state)
                for path in inner.normal
            )
        return outcome

    def _unrolled(self, bodies: tuple[Tree, ...], paths: Paths, later: frozenset[Atom]) -> _Outcome:
        outcome = _Outcome(paths)
        done = NO_PATHS
        asked = frozenset(later.union(*(self._asks(body) for body in bodies)))
        for body in bodies:
            inner = self.follow(body, outcome.normal, asked)
            done |= inner.exits.pop("break", NO_PATHS)
            outcome.normal = inner.normal | inner.exits.pop("continue", NO_PATHS)
            outcome.absorb(inner)
        outcome.normal |= done
        return outcome

    def _loop(self, loop: Loop, paths: Paths, later: frozenset[Atom]) -> _Outcome:
        outcome = _Outcome(NO_PATHS)
        seen: set[Path] = set()
        asked = later | self._asks(loop.body)
        while fresh := paths - seen:
            seen |= fresh
            if len(seen) > MAX_PATHS:
                raise TooManyPathsError
            inner = self.follow(loop.body, fresh, asked)
            ended = inner.normal | inner.exits.pop("continue", NO_PATHS)
            outcome.normal |= ended | inner.exits.pop("break", NO_PATHS)
            outcome.absorb(inner)
            paths = _again(loop, ended)
        outcome.normal = _again(loop, outcome.normal)
        return outcome

    def _asks(self, tree: Tree) -> frozenset[Atom]:
        """Return the tests that a tree asks."""
        known = self._asked.get(id(tree))
        if known is None:
            known = self._asked[id(tree)] = frozenset(_atoms(tree))
        return known


def _again(loop: Loop, paths: Paths) -> Paths:
    """Return the paths as they enter the next iteration, or what comes after the loop."""
    return frozenset(Path(forget(path.assumptions, loop.since, loop.until), path.state) for path in paths)


def _atoms(tree: Tree) -> Iterable[Atom]:
    match tree:
        case tuple():
            for child in tree:
                yield from _atoms(child)
        case Branch(condition, then, orelse):
            yield from atoms(condition)
            yield from _atoms(then)
            yield from _atoms(orelse)
        case Choice(parts) | Unrolled(parts):
            for part in parts:
                yield from _atoms(part)
        case Loop(body) | Scope(body):
            yield from _atoms(body)


def _join(outcomes: Iterable[_Outcome]) -> _Outcome:
    joined = _Outcome(NO_PATHS)
    for outcome in outcomes:
        joined.normal |= outcome.normal
        joined.absorb(outcome)
    return joined


def restrict(tree: Tree, kinds: frozenset[Kind]) -> Tree:
    """Return the tree with only the operations of `kinds`, and only the branches that matter for their order."""
    match tree:
        case tuple():
            children = [restrict(child, kinds) for child in tree]
            return tuple(child for child in children if child != ())
        case Event(operation):
            return tree if operation.kind in kinds else ()
        case Branch(condition, then, orelse):
            then, orelse = restrict(then, kinds), restrict(orelse, kinds)
            return () if then == () == orelse else Branch(condition, then, orelse)
        case Choice(options):
            options = tuple(restrict(option, kinds) for option in options)
            return () if all(option == () for option in options) else Choice(options)
        case Loop(body, since, until):
            loop = Loop(restrict(body, kinds), since, until)
            return loop if _matters(loop) else ()
        case Unrolled(bodies):
            unrolled = Unrolled(tuple(restrict(body, kinds) for body in bodies))
            return unrolled if _matters(unrolled) else ()
        case Scope(body):
            scope = Scope(restrict(body, kinds))
            return scope if _matters(scope) else ()
        case Exit():
            return tree
    raise AssertionError(tree)


def _matters(tree: Tree, absorbed: frozenset[str] = frozenset()) -> bool:
    """Tell whether a tree has an operation, or an exit that leaves it; `absorbed` are the exits that end inside."""
    match tree:
        case tuple():
            return any(_matters(child, absorbed) for child in tree)
        case Event():
            return True
        case Branch(_, then, orelse):
            return _matters(then, absorbed) or _matters(orelse, absorbed)
        case Choice(parts):
            return any(_matters(part, absorbed) for part in parts)
        case Unrolled(bodies):
            return any(_matters(body, absorbed | _ENDS_ITERATION) for body in bodies)
        case Loop(body):
            return _matters(body, absorbed | _ENDS_ITERATION)
        case Scope(body):
            return _matters(body, absorbed | {"return"})
        case Exit(kind):
            return kind not in absorbed
    raise AssertionError(tree)


_ENDS_ITERATION = frozenset({"break", "continue"})


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
