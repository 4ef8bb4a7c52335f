"""The algebra of conditions, against truth tables."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest

from trainlint.program.conditions import Atom, Both, Formula, Not, Numbering, conjoin, disjoin, negate

ATOMS = tuple(Atom(key, born) for born, key in enumerate("abcd"))
A, B, C, D = ATOMS
Assumptions = frozenset[tuple[Atom, bool]]
NOTHING: Assumptions = frozenset()
Row = dict[Atom, bool]

SEEDS = range(40)


def rows() -> Iterator[Row]:
    """Yield each way in which the atoms can come out."""
    for values in itertools.product((True, False), repeat=len(ATOMS)):
        yield dict(zip(ATOMS, values, strict=True))


def truth_of(formula: Formula, row: Row) -> bool:
    """Return the truth of a formula the slow way."""
    match formula:
        case bool():
            return formula
        case Atom():
            return row[formula]
        case Not(operand):
            return not truth_of(operand, row)
        case Both(left, right):
            return truth_of(left, row) and truth_of(right, row)
    raise AssertionError(formula)


def table(formula: Formula) -> list[bool]:
    return [truth_of(formula, row) for row in rows()]


NUMBERING = Numbering()
BITS = {atom: NUMBERING.asked(atom) for atom in ATOMS}


def numbered(assumptions: Assumptions) -> int:
    """Return assumptions as the one number that a walk carries: both bits of a test that is true, else the lower."""
    return sum(BITS[atom] if truth else BITS[atom] & -BITS[atom] for atom, truth in assumptions)


def spelt(number: int) -> Assumptions:
    """Return the assumptions that a number stands for."""
    return frozenset((atom, number & bits == bits) for atom, bits in BITS.items() if number & bits)


def split(formula: Formula, assumptions: Assumptions) -> tuple[tuple[bool, Assumptions], ...]:
    """Return the ways in which a condition comes out, with assumptions spelt out."""
    return tuple((truth, spelt(after)) for truth, after in NUMBERING.split(formula, numbered(assumptions)))


def forget(assumptions: Assumptions, since: int, until: int) -> Assumptions:
    """Return what is left of assumptions after a loop that made the values `since … until`."""
    return spelt(numbered(assumptions) & ~NUMBERING.born(since, until))


def agrees(row: Row, assumptions: Assumptions) -> bool:
    return all(row[atom] is truth for atom, truth in assumptions)


def some_formula(random_: random.Random, depth: int = 4) -> Formula:
    """Return a formula that is not simplified in any way."""
    if depth == 0 or random_.random() < 0.2:
        leaves: tuple[Formula, ...] = (*ATOMS, *ATOMS, True, False)
        return random_.choice(leaves)
    if random_.random() < 0.35:
        return Not(some_formula(random_, depth - 1))
    return Both(some_formula(random_, depth - 1), some_formula(random_, depth - 1))


def some_assumptions(random_: random.Random) -> Assumptions:
    known = random_.sample(ATOMS, random_.randint(0, 3))
    return frozenset((atom, random_.random() < 0.5) for atom in known)


@pytest.mark.parametrize("seed", SEEDS)
class TestAlgebra:
    def test_negate(self, seed: int) -> None:
        formula = some_formula(random.Random(seed))
        assert table(negate(formula)) == [not truth for truth in table(formula)]

    def test_conjoin_and_disjoin(self, seed: int) -> None:
        random_ = random.Random(seed)
        left, right = some_formula(random_), some_formula(random_)
        pairs = list(zip(table(left), table(right), strict=True))
        assert table(conjoin(left, right)) == [a and b for a, b in pairs]
        assert table(disjoin(left, right)) == [a or b for a, b in pairs]

    def test_each_way_of_a_split_is_right_and_each_row_takes_one(self, seed: int) -> None:
        random_ = random.Random(seed)
        formula, assumed = some_formula(random_), some_assumptions(random_)
        ways = split(formula, assumed)
        for _, after in ways:
            assert assumed <= after
            assert len({atom for atom, _ in after}) == len(after), "no atom is assumed both ways"
        for row in rows():
            taken = [truth for truth, after in ways if agrees(row, after)]
            assert taken == ([truth_of(formula, row)] if agrees(row, assumed) else [])

    def test_a_split_after_a_split_comes_out_the_same(self, seed: int) -> None:
        formula = some_formula(random.Random(seed))
        for truth, after in split(formula, NOTHING):
            assert split(formula, after) == ((truth, after),)
            assert [way for way, _ in split(negate(formula), after)] == [not truth]

    def test_forget_keeps_what_the_loop_did_not_make(self, seed: int) -> None:
        random_ = random.Random(seed)
        assumed = some_assumptions(random_)
        since, until = sorted((random_.randint(0, 4), random_.randint(0, 4)))
        kept = forget(assumed, since, until)
        assert kept <= assumed
        assert all(since <= atom.born < until for atom, _ in assumed - kept)
        assert not any(since <= atom.born < until for atom, _ in kept)


class TestWhatIsKnown:
    @pytest.mark.parametrize("known", [True, False])
    def test_of_constants_nothing_is_left(self, known: bool) -> None:
        assert negate(known) is (not known)
        assert conjoin(known, A) == (A if known else False)
        assert conjoin(A, known) == (A if known else False)
        assert disjoin(known, A) == (True if known else A)
        assert disjoin(A, known) == (True if known else A)
        assert split(known, NOTHING) == ((known, NOTHING),)

    def test_a_double_negation_is_none(self) -> None:
        assert negate(negate(A)) == A

    def test_an_atom_comes_out_both_ways_and_then_stays(self) -> None:
        assert set(split(A, NOTHING)) == {(True, frozenset({(A, True)})), (False, frozenset({(A, False)}))}
        assert split(A, frozenset({(A, False)})) == ((False, frozenset({(A, False)})),)

    def test_atoms_with_one_key_that_were_born_apart_are_two(self) -> None:
        assert len(NUMBERING.split(Atom("a", 7), numbered(frozenset({(A, True)})))) == 2

    def test_a_conjunction_does_not_ask_more_than_it_needs(self) -> None:
        assert (False, frozenset({(A, False)})) in split(Both(A, B), NOTHING)
        assert len(split(Both(A, B), NOTHING)) == 3

    def test_a_contradiction_never_holds(self) -> None:
        assert {truth for truth, _ in split(Both(A, Not(A)), NOTHING)} == {False}
        assert {truth for truth, _ in split(disjoin(A, Not(A)), NOTHING)} == {True}

    def test_forget_counts_from_the_first_value_up_to_but_not_the_last(self) -> None:
        assumed = frozenset({(A, True), (B, True), (C, False), (D, False)})
        assert forget(assumed, 1, 3) == {(A, True), (D, False)}
        assert forget(assumed, 2, 2) == assumed
