"""The walk along all paths of a tree of operations."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

from trainlint.operations import Operation
from trainlint.program.conditions import NOTHING, TRUE, UNTRUE, Assumptions, Atom, Numbering
from trainlint.program.flow import Branch, Choice, Event, Exit, Loop, Scope, Tree, Unrolled

MAX_PATHS = 512  # past this many paths into one operation, the order is taken as not known

# How an operation can be reached: what was assumed of the tests on the way, and the number of the state of training.
Path = tuple[Assumptions, int]
Paths = frozenset[Path]
NO_PATHS: Paths = frozenset()

Visit = Callable[[Operation, frozenset[Hashable]], None]
Advance = Callable[[Hashable, Operation], Hashable]


class TooManyPathsError(Exception):
    """The paths cannot be told apart within bounds; what depends on their order is not known."""


class Route:
    """A tree with its tests numbered, and which of them each part asks: what all walks along it share."""

    def __init__(self, tree: Tree, tests: Numbering | None = None) -> None:
        self.tree = tree
        self.tests = Numbering() if tests is None else tests
        self._asked: dict[int, Assumptions] = {}
        self._asked_after: dict[int, list[Assumptions]] = {}
        self._kept: dict[int, Assumptions] = {}
        self.asks(tree)  # numbers all tests

    def asks(self, tree: Tree) -> Assumptions:
        """Return the bits of the tests that a part of the tree asks."""
        known = self._asked.get(id(tree))
        if known is None:
            known = NOTHING
            for part in _PARTS[type(tree)](tree):
                known |= self.asks(part)
            if isinstance(tree, Branch):
                known |= self.tests.asked(tree.condition)
            self._asked[id(tree)] = known
        return known

    def asked_after(self, trees: tuple[Tree, ...]) -> list[Assumptions]:
        """Return for each tree of a sequence the bits of the tests that those behind it ask."""
        known = self._asked_after.get(id(trees))
        if known is None:
            known = [NOTHING]
            for tree in trees[:0:-1]:
                known.append(known[-1] | self.asks(tree))
            known = self._asked_after[id(trees)] = known[::-1] if trees else []
        return known

    def kept(self, loop: Loop) -> Assumptions:
        """Return the bits of the tests that come out alike in each iteration of a loop."""
        kept = self._kept.get(loop.since)
        if kept is None:
            kept = self._kept[loop.since] = ~self.tests.born(loop.since, loop.until)
        return kept


def walk(tree: Tree | Route, start: Hashable, advance: Advance, visit: Visit) -> None:
    """Walk along all paths, telling `visit` of each operation with the states in which it can be reached.

    Raises:
        TooManyPathsError: more than `MAX_PATHS` paths lead to one point.
    """
    route = tree if isinstance(tree, Route) else Route(tree)
    _Walk(route, start, advance, visit).through(route.tree)


def may_fall_through(tree: Tree, tests: Numbering) -> bool:
    """Tell whether a path leads to the end of a tree, whatever was before; taken as not so, where there are too many.

    `tests` numbers the tests of a tree that this is a part of.
    """
    try:
        passing = _Walk(Route(tree, tests), None, lambda state, _: state, lambda *_: None)
        return bool(passing.through(tree).normal)
    except TooManyPathsError:
        return False


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


class _Walk:
    """A walk: what it tells of, and the states it has met."""

    def __init__(self, route: Route, start: Hashable, advance: Advance, visit: Visit) -> None:
        self._route = route
        self._tests = route.tests
        self._advance = advance
        self._visit = visit
        self._states: list[Hashable] = [start]
        self._numbers: dict[Hashable, int] = {start: 0}

    def through(self, tree: Tree) -> _Outcome:
        """Walk through a whole tree."""
        return self._follow(tree, frozenset({(NOTHING, 0)}), NOTHING)

    def _follow(self, tree: Tree, paths: Paths, later: Assumptions) -> _Outcome:
        """Follow the paths through a tree; `later` are the tests that what comes after it asks."""
        if not paths:
            return _Outcome(NO_PATHS)
        if len(paths) > MAX_PATHS:
            raise TooManyPathsError
        return _FOLLOW[type(tree)](self, tree, paths, later)

    def sequence(self, trees: tuple[Tree, ...], paths: Paths, later: Assumptions) -> _Outcome:
        outcome = _Outcome(paths)
        for tree, asked in zip(trees, self._route.asked_after(trees), strict=True):
            if isinstance(tree, Event):
                outcome.normal = self._past(tree.operation, outcome.normal)
                continue
            after = asked | later
            inner = self._follow(tree, outcome.normal, after)
            if inner.exits:
                outcome.absorb(inner)
            # What nothing asks again need not be remembered: paths that differ in it only are one.
            outcome.normal = frozenset([(known & after, state) for known, state in inner.normal])
            if not outcome.normal:
                break
            if len(outcome.normal) > MAX_PATHS:
                raise TooManyPathsError
        return outcome

    def event(self, event: Event, paths: Paths, _: Assumptions) -> _Outcome:
        return _Outcome(self._past(event.operation, paths))

    def _past(self, operation: Operation, paths: Paths) -> Paths:
        """Tell of an operation, and return the paths behind it."""
        met = {state for _, state in paths}
        self._visit(operation, frozenset([self._states[state] for state in met]))
        following = {state: self._number(self._advance(self._states[state], operation)) for state in met}
        return frozenset([(known, following[state]) for known, state in paths])

    def _number(self, state: Hashable) -> int:
        number = self._numbers.get(state)
        if number is None:
            number = self._numbers[state] = len(self._states)
            self._states.append(state)
        return number

    def branch(self, branch: Branch, paths: Paths, later: Assumptions) -> _Outcome:
        holds: list[Path] = []
        fails: list[Path] = []
        shift = self._tests.shift(branch.condition) if isinstance(branch.condition, Atom) else None
        if shift is not None:
            for path in paths:
                known, state = path
                asked = known >> shift & TRUE
                if asked != UNTRUE:
                    holds.append(path if asked else (known | TRUE << shift, state))
                if asked != TRUE:
                    fails.append(path if asked else (known | UNTRUE << shift, state))
        else:
            ways = {known: self._tests.split(branch.condition, known) for known in {known for known, _ in paths}}
            for known, state in paths:
                for truth, after in ways[known]:
                    (holds if truth else fails).append((after, state))
        outcome = self._follow(branch.then, frozenset(holds), later)
        if branch.orelse == ():
            outcome.normal = outcome.normal.union(fails)
        else:
            other = self._follow(branch.orelse, frozenset(fails), later)
            outcome.normal |= other.normal
            outcome.absorb(other)
        return outcome

    def choice(self, choice: Choice, paths: Paths, later: Assumptions) -> _Outcome:
        return _join(self._follow(option, paths, later) for option in choice.options)

    def scope(self, scope: Scope, paths: Paths, later: Assumptions) -> _Outcome:
        inner = self._follow(scope.body, paths, later)
        inner.normal |= inner.exits.pop("return", NO_PATHS)
        return inner

    def exit(self, tree: Exit, paths: Paths, _: Assumptions) -> _Outcome:
        return _Outcome(NO_PATHS, {tree.kind: paths})

    def unrolled(self, unrolled: Unrolled, paths: Paths, later: Assumptions) -> _Outcome:
        outcome = _Outcome(paths)
        done = NO_PATHS
        asked = later | self._route.asks(unrolled)
        for body in unrolled.bodies:
            inner = self._follow(body, outcome.normal, asked)
            done |= inner.exits.pop("break", NO_PATHS)
            outcome.normal = inner.normal | inner.exits.pop("continue", NO_PATHS)
            outcome.absorb(inner)
        outcome.normal |= done
        return outcome

    def loop(self, loop: Loop, paths: Paths, later: Assumptions) -> _Outcome:
        outcome = _Outcome(NO_PATHS)
        seen: set[Path] = set()
        asked = later | self._route.asks(loop)
        kept = self._route.kept(loop)
        while fresh := paths - seen:
            seen |= fresh
            if len(seen) > MAX_PATHS:
                raise TooManyPathsError
            inner = self._follow(loop.body, fresh, asked)
            ended = inner.normal | inner.exits.pop("continue", NO_PATHS)
            outcome.normal |= ended | inner.exits.pop("break", NO_PATHS)
            outcome.absorb(inner)
            paths = frozenset([(known & kept, state) for known, state in ended])
        outcome.normal = frozenset([(known & kept, state) for known, state in outcome.normal])
        return outcome


def _join(outcomes: Iterable[_Outcome]) -> _Outcome:
    joined = _Outcome(NO_PATHS)
    for outcome in outcomes:
        joined.normal |= outcome.normal
        joined.absorb(outcome)
    return joined


_FOLLOW: dict[type, Callable[[_Walk, Any, Paths, Assumptions], _Outcome]] = {
    tuple: _Walk.sequence,
    Event: _Walk.event,
    Branch: _Walk.branch,
    Choice: _Walk.choice,
    Loop: _Walk.loop,
    Unrolled: _Walk.unrolled,
    Scope: _Walk.scope,
    Exit: _Walk.exit,
}
_PARTS: dict[type, Callable[[Any], Iterable[Tree]]] = {
    tuple: lambda tree: tree,
    Event: lambda _: (),
    Branch: lambda tree: (tree.then, tree.orelse),
    Choice: lambda tree: tree.options,
    Loop: lambda tree: (tree.body,),
    Unrolled: lambda tree: tree.bodies,
    Scope: lambda tree: (tree.body,),
    Exit: lambda _: (),
}
