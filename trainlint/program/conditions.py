"""Conditions of branches: what is known of a test, and which tests must come out alike."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from trainlint.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Atom:
    """A test that is not known. Two tests with the same key come out alike wherever both are met.

    `born` is the number of the newest unknown value in the key: a test on a value that a loop makes anew may come out
    otherwise in the next iteration.
    """

    key: Hashable
    born: int


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition."""

    operand: Formula


@dataclass(frozen=True, slots=True)
class Both:
    """Two conditions that must hold together; the second is not asked where the first fails."""

    left: Formula
    right: Formula


Formula = bool | Atom | Not | Both


def negate(formula: Formula) -> Formula:
    """Return the opposite condition."""
    if isinstance(formula, bool):
        return not formula
    return formula.operand if isinstance(formula, Not) else Not(formula)


def conjoin(left: Formula, right: Formula) -> Formula:
    """Return the condition that both hold."""
    if isinstance(left, bool):
        return right if left else False
    if isinstance(right, bool):
        return left if right else False
    return Both(left, right)


def disjoin(left: Formula, right: Formula) -> Formula:
    """Return the condition that at least one holds."""
    return negate(conjoin(negate(left), negate(right)))


def atoms(formula: Formula) -> Iterator[Atom]:
    """Yield the tests that a condition is made of."""
    match formula:
        case Atom():
            yield formula
        case Not(operand):
            yield from atoms(operand)
        case Both(left, right):
            yield from atoms(left)
            yield from atoms(right)


Assumptions = int
Ways = tuple[tuple[bool, Assumptions], ...]
NOTHING: Assumptions = 0
UNTRUE, TRUE = 0b01, 0b11  # the bits of a test that is known


class Numbering:
    """The tests of a tree, numbered, so that what is assumed of them is a single number.

    Each test has two bits: the lower one is set where it is known how the test comes out, the upper one where it
    comes out true. A walk carries hundreds of assumptions through each branch; sets of atoms would be hashed each time,
    with all that their keys are made of.
    """

    def __init__(self) -> None:
        self._shifts: dict[Atom, int] = {}
        self._found: dict[int, tuple[Atom, int]] = {}  # the same by `id`, with the atom, which must live on

    def shift(self, atom: Atom) -> int:
        """Return how far up the two bits of a test are."""
        found = self._found.get(id(atom))
        if found is None:
            found = self._found[id(atom)] = atom, self._shifts.setdefault(atom, 2 * len(self._shifts))
        return found[1]

    def split(self, formula: Formula, assumptions: Assumptions) -> Ways:
        """Return the ways in which the condition can come out, each with what is assumed then."""
        if isinstance(formula, Atom):
            shift = self.shift(formula)
            known = assumptions >> shift & TRUE
            if known:
                return ((known == TRUE, assumptions),)
            return (True, assumptions | TRUE << shift), (False, assumptions | UNTRUE << shift)
        if isinstance(formula, Not):
            return tuple([(not truth, after) for truth, after in self.split(formula.operand, assumptions)])
        if isinstance(formula, Both):
            ways: list[tuple[bool, Assumptions]] = []
            for truth, after in self.split(formula.left, assumptions):
                ways.extend(self.split(formula.right, after) if truth else ((False, after),))
            return tuple(ways)
        return ((formula, assumptions),)

    def asked(self, formula: Formula) -> Assumptions:
        """Return the bits of the tests that a condition is made of."""
        bits = NOTHING
        for atom in atoms(formula):
            bits |= TRUE << self.shift(atom)
        return bits

    def born(self, since: int, until: int) -> Assumptions:
        """Return the bits of the tests on values numbered `since … until`: a loop that made them makes them anew."""
        return sum(TRUE << shift for atom, shift in self._shifts.items() if since <= atom.born < until)
