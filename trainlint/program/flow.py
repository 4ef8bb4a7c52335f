"""The ordered tree of operations, and the walk along all its paths."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field

from trainlint.operations import Kind, Operation
from trainlint.program.conditions import Assumptions, Formula, forget, split

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
    _walk(tree, frozenset({Path(frozenset(), start)}), advance, visit)


def _walk(tree: Tree, paths: Paths, advance: Advance, visit: Visit) -> _Outcome:
    if not paths:
        return _Outcome(NO_PATHS)
    if len(paths) > MAX_PATHS:
        raise TooManyPathsError
    match tree:
        case tuple():
            outcome = _Outcome(paths)
            for child in tree:
                inner = _walk(child, outcome.normal, advance, visit)
                outcome.absorb(inner)
                outcome.normal = inner.normal
            return outcome
        case Event(operation):
            visit(operation, frozenset(path.state for path in paths))
            return _Outcome(frozenset(Path(path.assumptions, advance(path.state, operation)) for path in paths))
        case Branch(condition, then, orelse):
            sides: dict[bool, set[Path]] = {True: set(), False: set()}
            for path in paths:
                for truth, assumptions in split(condition, path.assumptions):
                    sides[truth].add(Path(assumptions, path.state))
            return _join(
                _walk(side, frozenset(sides[truth]), advance, visit) for truth, side in ((True, then), (False, orelse))
            )
        case Choice(options):
            return _join(_walk(option, paths, advance, visit) for option in options)
        case Loop():
            return _walk_loop(tree, paths, advance, visit)
        case Unrolled(bodies):
            outcome = _Outcome(paths)
            done = NO_PATHS
            for body in bodies:
                inner = _walk(body, outcome.normal, advance, visit)
                done |= inner.exits.pop("break", NO_PATHS)
                outcome.normal = inner.normal | inner.exits.pop("continue", NO_PATHS)
                outcome.absorb(inner)
            outcome.normal |= done
            return outcome
        case Scope(body):
            inner = _walk(body, paths, advance, visit)
            inner.normal |= inner.exits.pop("return", NO_PATHS)
            return inner
        case Exit(kind):
            outcome = _Outcome(NO_PATHS)
            outcome.leave(kind, paths)
            return outcome
    raise AssertionError(tree)


def _walk_loop(loop: Loop, paths: Paths, advance: Advance, visit: Visit) -> _Outcome:
    outcome = _Outcome(NO_PATHS)
    seen: set[Path] = set()
    while fresh := paths - seen:
        seen |= fresh
        if len(seen) > MAX_PATHS:
            raise TooManyPathsError
        inner = _walk(loop.body, fresh, advance, visit)
        ended = inner.normal | inner.exits.pop("continue", NO_PATHS)
        outcome.normal |= ended | inner.exits.pop("break", NO_PATHS)
        outcome.absorb(inner)
        paths = frozenset(Path(forget(path.assumptions, loop.since, loop.until), path.state) for path in ended)
    outcome.normal = frozenset(
        Path(forget(path.assumptions, loop.since, loop.until), path.state) for path in outcome.normal
    )
    return outcome


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
            body = restrict(body, kinds)
            return () if not _has_events(body) else Loop(body, since, until)
        case Unrolled(bodies):
            bodies = tuple(restrict(body, kinds) for body in bodies)
            return Unrolled(bodies) if any(map(_has_events, bodies)) else ()
        case Scope(body):
            body = restrict(body, kinds)
            return () if not _has_events(body) else Scope(body)
        case Exit():
            return tree
    raise AssertionError(tree)


def _has_events(tree: Tree) -> bool:
    match tree:
        case tuple():
            return any(_has_events(child) for child in tree)
        case Event():
            return True
        case Branch(_, then, orelse):
            return _has_events(then) or _has_events(orelse)
        case Choice(parts) | Unrolled(parts):
            return any(map(_has_events, parts))
        case Loop(body) | Scope(body):
            return _has_events(body)
    return False


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
