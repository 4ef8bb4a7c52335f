"""Conditions of branches: what is known of a test, and which tests must come out alike."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass


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
Assumptions = frozenset[tuple[Atom, bool]]


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


def split(formula: Formula, assumptions: Assumptions) -> tuple[tuple[bool, Assumptions], ...]:
    """Return the ways in which the condition can come out, each with what is assumed then."""
    match formula:
        case bool():
            return ((formula, assumptions),)
        case Atom():
            for truth in (True, False):
                if (formula, truth) in assumptions:
                    return ((truth, assumptions),)
            return tuple((truth, assumptions | {(formula, truth)}) for truth in (True, False))
        case Not(operand):
            return tuple((not truth, after) for truth, after in split(operand, assumptions))
        case Both(left, right):
            ways: list[tuple[bool, Assumptions]] = []
            for truth, after in split(left, assumptions):
                ways.extend(split(right, after) if truth else ((False, after),))
            return tuple(ways)
    raise AssertionError(formula)


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


def forget(assumptions: Assumptions, since: int, until: int) -> Assumptions:
    """Return the assumptions that still hold when a loop that made the values `since … until` goes round again."""
    return frozenset((atom, truth) for atom, truth in assumptions if not since <= atom.born < until)
