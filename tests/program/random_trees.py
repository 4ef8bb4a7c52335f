"""Random trees of operations, and every run of one, found the slow way."""

from __future__ import annotations

import random
from collections.abc import Hashable
from dataclasses import dataclass, field

from trainlint.finding import Place
from trainlint.operations import Kind, Operation
from trainlint.program.conditions import Atom, Both, Formula, Not
from trainlint.program.flow import Branch, Choice, Event, Exit, Loop, Scope, Tree, Unrolled
from trainlint.program.walk import walk

ROUNDS = 3  # as often as a loop must go round for every order of two operations to come up
MAX_RUNS = 4000
KINDS = (Kind.BACKWARD, Kind.CLIP, Kind.ZERO_GRAD, Kind.EVAL)
INVARIANT = (Atom("p", 0), Atom("q", 0))
EXITS = ("break", "continue", "return", "raise")

Visits = set[tuple[Operation, Hashable]]


def operation(kind: Kind, ordinal: int) -> Operation:
    return Operation(kind, Place("main.py", ordinal), kind.value)


@dataclass(slots=True)
class Grower:
    """Grows a tree; a loop that it makes owns the values of one number, and the tests on them."""

    random: random.Random
    exits: tuple[str, ...] = EXITS
    count: int = 0
    variant: list[Atom] = field(default_factory=list)
    loops: int = 0

    def sequence(self, depth: int) -> Tree:
        return tuple(self.tree(depth - 1) for _ in range(self.random.randint(0, 3)))

    def tree(self, depth: int) -> Tree:
        what = self.random.random()
        if depth <= 0 or what < 0.35:
            exits = [kind for kind in self.exits if self.loops or kind in ("return", "raise")]
            if exits and self.random.random() < 0.2:
                return Exit(self.random.choice(exits))
            self.count += 1
            return Event(operation(self.random.choice(KINDS), self.count))
        if what < 0.65:
            return Branch(self.condition(), self.sequence(depth), self.sequence(depth))
        if what < 0.7:
            return Choice((self.sequence(depth), self.sequence(depth)))
        if what < 0.8:
            return self.scope(depth)
        self.loops += 1
        body = self.unrolled(depth) if what < 0.87 else self.loop(depth)
        self.loops -= 1
        return body

    def scope(self, depth: int) -> Tree:
        loops, self.loops = self.loops, 0  # a function cannot break its caller's loop
        body = self.sequence(depth)
        self.loops = loops
        return Scope(body)

    def unrolled(self, depth: int) -> Tree:
        return Unrolled((self.sequence(depth - 1), self.sequence(depth - 1)))

    def loop(self, depth: int) -> Tree:
        self.count += 1
        born = self.count
        self.variant.append(Atom("v", born))
        body = self.sequence(depth - 1)
        self.variant.pop()
        return Loop(body, born, born + 1)

    def condition(self) -> Formula:
        atom = self.random.choice([*INVARIANT, *self.variant])
        match self.random.randint(0, 4):
            case 0:
                return Not(atom)
            case 1:
                return Both(atom, self.random.choice(INVARIANT))
        return atom


def some_tree(seed: int, exits: tuple[str, ...] = EXITS) -> Tree:
    """Return a tree with nested loops, calls, branches on few tests, and exits of these kinds."""
    grower = Grower(random.Random(seed), exits)
    return tuple(grower.tree(3) for _ in range(4))


def walked(tree: Tree, kinds: frozenset[Kind] = frozenset(Kind)) -> Visits:
    """Return each operation with the state of each way to it: the last two operations of these kinds, in order."""
    visits: Visits = set()

    def advance(state: Hashable, done: Operation) -> Hashable:
        return _advanced(state, done) if done.kind in kinds else state

    walk(tree, (), advance, lambda done, states: visits.update((done, state) for state in states))
    return visits


def run(tree: Tree) -> Visits | None:
    """Return what `walked` returns, by running the tree in every way in which it can come out; `None`: too many."""
    visits: Visits = set()
    choices: list[int] = []
    for _ in range(MAX_RUNS):
        one = _Run(choices, visits)
        one.go(tree)
        following = one.next()
        if following is None:
            return visits
        choices = following
    return None


def _advanced(state: Hashable, done: Operation) -> Hashable:
    assert isinstance(state, tuple)
    return (*state, done)[-2:]


class _LeftError(Exception):
    """Control leaves by an exit."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class _Run:
    """One run: the choices that are given, then the first of each."""

    def __init__(self, choices: list[int], visits: Visits) -> None:
        self.given = choices
        self.taken: list[int] = []
        self.limits: list[int] = []
        self.visits = visits
        self.known: dict[Atom, bool] = {}
        self.state: Hashable = ()

    def go(self, tree: Tree) -> None:
        try:
            self.step(tree)
        except _LeftError:
            return

    def next(self) -> list[int] | None:
        """Return the choices of the next run, like an odometer; `None` after the last one."""
        choices = list(self.taken)
        while choices and choices[-1] == self.limits[len(choices) - 1] - 1:
            choices.pop()
        return [*choices[:-1], choices[-1] + 1] if choices else None

    def choose(self, limit: int) -> int:
        position = len(self.taken)
        self.taken.append(self.given[position] if position < len(self.given) else 0)
        self.limits.append(limit)
        return self.taken[-1]

    def holds(self, formula: Formula) -> bool:
        match formula:
            case bool():
                return formula
            case Atom():
                if formula not in self.known:
                    self.known[formula] = bool(self.choose(2))
                return self.known[formula]
            case Not(operand):
                return not self.holds(operand)
            case Both(left, right):
                return self.holds(left) and self.holds(right)
        raise AssertionError(formula)

    def step(self, tree: Tree) -> None:
        match tree:
            case tuple():
                for child in tree:
                    self.step(child)
            case Event(done):
                self.visits.add((done, self.state))
                self.state = _advanced(self.state, done)
            case Branch(condition, then, orelse):
                self.step(then if self.holds(condition) else orelse)
            case Choice(options):
                self.step(options[self.choose(len(options))])
            case Scope(body):
                try:
                    self.step(body)
                except _LeftError as left:
                    if left.kind != "return":
                        raise
            case Unrolled(bodies):
                for body in bodies:
                    if not self.iteration(body):
                        break
            case Loop(body, since, until):
                for _ in range(1 + self.choose(ROUNDS)):
                    going = self.iteration(body)
                    self.known = {a: truth for a, truth in self.known.items() if not since <= a.born < until}
                    if not going:
                        break
            case Exit(kind):
                raise _LeftError(kind)

    def iteration(self, body: Tree) -> bool:
        """Run a loop's body; return whether the loop may go on."""
        try:
            self.step(body)
        except _LeftError as left:
            if left.kind not in ("break", "continue"):
                raise
            return left.kind == "continue"
        return True
