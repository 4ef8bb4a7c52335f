"""The walk along all paths of a tree, by hand-made trees and against every run of random ones."""

from __future__ import annotations

from collections.abc import Hashable

import pytest

from tests.program.random_trees import KINDS, Visits, run, some_tree, walked
from tests.program.reading import ways_through
from trainlint.finding import Place
from trainlint.operations import Kind, Operation
from trainlint.program.conditions import Atom, Both, Not
from trainlint.program.flow import (
    Branch,
    Choice,
    Event,
    Exit,
    Loop,
    Scope,
    Tree,
    Unrolled,
    events,
)
from trainlint.program.prune import restrict
from trainlint.program.walk import MAX_PATHS, TooManyPathsError, walk

P, Q = Atom("p", 0), Atom("q", 0)
NEW = Atom("new", 5)  # a test on a value that the loops below make anew


def event(name: str, kind: Kind = Kind.UNKNOWN) -> Event:
    return Event(Operation(kind, Place("main.py", 0), name))


A, B, C, D = map(event, "abcd")
BREAK, CONTINUE, RETURN, RAISE = map(Exit, ("break", "continue", "return", "raise"))


def loop(*body: Tree) -> Loop:
    return Loop(body, 5, 6)


def ways(*tree: Tree) -> set[str]:
    """Return the ways through the tree, each as the calls on it."""
    return set(map("".join, ways_through(tree)))


def states(*tree: Tree, depth: int = 6) -> dict[str, set[str]]:
    """Return for each call what may have happened before, at most `depth` calls of it."""
    found: dict[str, set[str]] = {}

    def advance(state: Hashable, operation: Operation) -> Hashable:
        return (str(state) + operation.call)[-depth:]

    def visit(operation: Operation, reached: frozenset[Hashable]) -> None:
        found.setdefault(operation.call, set()).update(map(str, reached))

    walk(tree, "", advance, visit)
    return found


class TestSequences:
    def test_one_after_the_other(self) -> None:
        assert states(A, B, C) == {"a": {""}, "b": {"a"}, "c": {"ab"}}

    def test_nothing(self) -> None:
        assert states() == {}
        assert ways() == {""}

    def test_in_groups(self) -> None:
        assert ways((A, (), (B, (C,))), D) == {"abcd"}


class TestBranches:
    def test_both_ways(self) -> None:
        assert ways(A, Branch(P, B, C), D) == {"abd", "acd"}

    def test_one_way_only(self) -> None:
        assert ways(Branch(P, B, ()), D) == {"bd", "d"}

    def test_tests_that_must_come_out_alike(self) -> None:
        assert ways(Branch(P, A, ()), B, Branch(P, C, ())) == {"abc", "b"}
        assert ways(Branch(P, A, ()), B, Branch(Not(P), C, ())) == {"ab", "bc"}

    def test_tests_that_have_nothing_to_do_with_each_other(self) -> None:
        assert ways(Branch(P, A, ()), Branch(Q, B, ())) == {"", "a", "b", "ab"}

    def test_a_test_that_says_something_of_another(self) -> None:
        assert ways(Branch(Both(P, Q), A, ()), Branch(P, B, ()), Branch(Q, C, ())) == {"abc", "b", "c", ""}

    def test_one_inside_another_that_is_the_same(self) -> None:
        assert ways(Branch(P, Branch(P, A, B), Branch(P, C, D))) == {"a", "d"}

    @pytest.mark.parametrize(("known", "way"), [(True, "a"), (False, "b")])
    def test_a_test_that_is_known(self, known: bool, way: str) -> None:
        assert ways(Branch(known, A, B)) == {way}

    def test_what_is_assumed_lasts_across_other_branches(self) -> None:
        assert ways(Branch(P, A, ()), Branch(Q, B, C), Branch(P, D, ())) == {"abd", "acd", "b", "c"}

    def test_a_side_that_is_never_taken_is_not_visited(self) -> None:
        assert states(Branch(P, (), RAISE), Branch(P, A, B)) == {"a": {""}}


class TestChoices:
    def test_any_of_them(self) -> None:
        assert ways(Choice((A, B, ())), C) == {"ac", "bc", "c"}

    def test_two_choices_do_not_depend_on_each_other(self) -> None:
        assert ways(Choice((A, ())), Choice((B, ()))) == {"", "a", "b", "ab"}

    def test_no_way_on_if_all_leave(self) -> None:
        assert states(Choice((RAISE, RAISE)), A) == {}


class TestLoops:
    def test_the_body_runs_once_and_again(self) -> None:
        assert states(loop(A, B), C, depth=2) == {"a": {"", "ab"}, "b": {"a", "ba"}, "c": {"ab"}}

    def test_a_test_on_what_stays_the_same_comes_out_alike_in_each_round(self) -> None:
        assert ways(loop(Branch(P, A, B)), C) == {"ac", "bc"}

    def test_a_test_on_what_is_made_anew_may_not(self) -> None:
        assert ways(loop(Branch(NEW, A, B)), C) == {"ac", "bc", "abc", "bac"}

    def test_it_comes_out_alike_within_a_round(self) -> None:
        assert states(loop(Branch(NEW, A, B), Branch(NEW, C, D)), depth=1)["c"] == {"a"}

    def test_what_is_assumed_of_it_is_forgotten_behind_the_loop(self) -> None:
        assert ways(loop(Branch(NEW, A, RAISE)), Branch(NEW, B, C)) == {"ab", "ac"}

    def test_what_is_assumed_of_the_rest_is_not(self) -> None:
        assert ways(loop(Branch(P, A, ())), Branch(P, B, C)) == {"ab", "c"}

    def test_break_leaves_it(self) -> None:
        assert ways(loop(A, Branch(NEW, BREAK, ()), B), C) == {"ac", "abc"}

    def test_nothing_behind_a_break_happens(self) -> None:
        assert states(loop(A, BREAK, B), C) == {"a": {""}, "c": {"a"}}

    def test_continue_goes_round(self) -> None:
        assert states(loop(A, Branch(NEW, CONTINUE, ()), B), depth=1)["a"] == {"", "a", "b"}

    def test_return_and_raise_leave_everything(self) -> None:
        assert states(loop(A, Branch(NEW, RAISE, RETURN)), B) == {"a": {""}}

    def test_break_leaves_the_inner_loop_only(self) -> None:
        inner = Loop((A, BREAK), 6, 7)
        assert ways(Loop((inner, B), 5, 8), C) == {"abc"}

    def test_the_inner_loop_forgets_its_own_values_only(self) -> None:
        outer, own = Atom("outer", 5), Atom("own", 6)
        inner = Loop((Branch(outer, A, B), Branch(own, C, D)), 6, 7)
        found = ways(Loop((inner,), 5, 8))
        assert {way for way in found if "b" not in way} == {"ac", "ad", "acd", "adc"}

    def test_it_ends_though_every_round_adds_something(self) -> None:
        tree: Tree = ()
        for level in range(6):
            tree = Loop((tree, event(str(level)), Branch(Atom(level, level), A, B)), level, 6)
        assert states(tree, depth=2)

    def test_a_loop_of_nothing(self) -> None:
        assert ways(loop(), A) == {"a"}


class TestUnrolledLoops:
    def test_each_item_in_turn(self) -> None:
        assert ways(Unrolled((A, B, C)), D) == {"abcd"}

    def test_break_skips_the_items_behind(self) -> None:
        assert ways(Unrolled(((A, Branch(P, BREAK, ())), B)), C) == {"ac", "abc"}

    def test_continue_goes_on_with_the_next(self) -> None:
        assert ways(Unrolled(((CONTINUE, A), B)), C) == {"bc"}

    def test_return_leaves_everything(self) -> None:
        assert states(Unrolled(((A, RETURN), B)), C) == {"a": {""}}


class TestScopes:
    def test_a_return_leaves_the_call_only(self) -> None:
        assert ways(Scope((A, RETURN, B)), C) == {"ac"}

    def test_a_return_out_of_a_loop_in_the_call(self) -> None:
        assert ways(Scope((loop(A, Branch(NEW, RETURN, B)), C)), D) == {"ad", "abd", "abcd"}

    def test_the_inner_of_two_calls(self) -> None:
        assert ways(Scope((Scope((A, RETURN)), B)), C) == {"abc"}

    def test_an_exception_goes_through_all_calls(self) -> None:
        assert states(Scope(Scope((A, Branch(P, RAISE, ())))), B) == {"a": {""}, "b": {"a"}}
        assert states(Scope((A, RAISE)), B) == {"a": {""}}

    def test_what_is_assumed_inside_holds_outside(self) -> None:
        assert ways(Scope(Branch(P, RETURN, A)), Branch(P, B, C)) == {"b", "ac"}


class TestBounds:
    def test_too_many_paths_are_an_error_and_not_a_guess(self) -> None:
        def remember(state: Hashable, operation: Operation) -> Hashable:
            return (state, operation.call)

        tree = tuple(Branch(Atom(number, 0), event(str(number)), ()) for number in range(12))
        with pytest.raises(TooManyPathsError):
            walk((*tree, A), (), remember, lambda operation, reached: None)

    def test_as_many_as_are_allowed_are_not(self) -> None:
        doublings = MAX_PATHS.bit_length() - 1
        tree = tuple(Branch(Atom(number, 0), (), ()) for number in range(doublings))
        assert ways(*tree, A) == {"a"}

    def test_so_is_a_loop_in_which_every_round_leads_to_another_state(self) -> None:
        def count(state: Hashable, operation: Operation) -> Hashable:
            assert isinstance(state, int)
            assert state < 10 * MAX_PATHS, "it would go round for ever"
            return state + 1

        with pytest.raises(TooManyPathsError):
            walk(loop(A), 0, count, lambda operation, reached: None)


@pytest.mark.parametrize("start", range(0, 80, 20))
def test_random_trees_are_walked_the_way_they_run(start: int) -> None:
    compared = 0
    for seed in range(start, start + 20):
        tree = some_tree(seed)
        happened = run(tree)
        if happened is not None:
            assert walked(tree) == happened, f"seed {seed}"
            compared += 1
    assert compared > 10


KEPT = frozenset(KINDS[:2])


def visits_of_the_kept(tree: Tree) -> Visits:
    return {(done, state) for done, state in walked(tree, KEPT) if done.kind in KEPT}


class TestRestrict:
    def test_only_the_kinds_asked_for_are_left_in_their_order(self) -> None:
        train, evaluate = event("train", Kind.TRAIN), event("eval", Kind.EVAL)
        tree = (train, A, Branch(P, (evaluate, B), C), loop(D, train))
        assert [o.call for o in events(restrict(tree, frozenset({Kind.TRAIN, Kind.EVAL})))] == [
            "train",
            "eval",
            "train",
        ]

    def test_what_decides_nothing_is_left_out(self) -> None:
        tree = (Branch(P, A, B), Choice((A, B)), loop(A), Unrolled((A, B)), Scope((A, RETURN)), (A, (B,)))
        assert restrict(tree, frozenset({Kind.TRAIN})) == ()

    def test_a_branch_that_leaves_stays(self) -> None:
        tree = (Branch(P, RETURN, A), event("train", Kind.TRAIN))
        assert restrict(tree, frozenset({Kind.TRAIN})) == (Branch(P, RETURN, ()), tree[1])

    @pytest.mark.parametrize(
        "exits",
        [(), ("break", "continue"), ("return",), ("raise",)],
        ids=["no exits", "loop exits", "return", "raise"],
    )
    def test_the_kept_are_reached_in_the_same_states(self, exits: tuple[str, ...]) -> None:
        for seed in range(300):
            tree = some_tree(seed, exits)
            assert visits_of_the_kept(restrict(tree, KEPT)) == visits_of_the_kept(tree), f"seed {seed}"

    def test_a_return_out_of_a_loop_still_leaves_the_call(self) -> None:
        train = event("train", Kind.TRAIN)
        tree = Scope((loop(A, Branch(NEW, RETURN, ())), train))
        assert ways(restrict(tree, frozenset({Kind.TRAIN}))) == {"", "train"}
