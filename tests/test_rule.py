"""What a rule is given and what it gives: the shared half is told the states of every way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from trainlint.engine import check_sources
from trainlint.finding import Confidence, Finding, Fix, Location, Place, Related, Severity
from trainlint.operations import Kind, Operation, Role, Subject
from trainlint.rule import Rule, State
from trainlint.source.read import Source


class BackwardTwice(Rule):
    """Counts backwards up to two, and tells at each step how many there may have been."""

    code, name, severity = "TL999", "backward-twice", Severity.WARN
    follows = frozenset({Kind.BACKWARD, Kind.OPTIMIZER_STEP})
    start = 0

    def advance(self, state: State, operation: Operation) -> State:
        assert isinstance(state, int)
        return min(state + 1, 2) if operation.kind is Kind.BACKWARD else 0

    def judge(self, operation: Operation, states: frozenset[State]) -> Iterator[Finding]:
        if operation.kind is Kind.OPTIMIZER_STEP:
            yield self.finding(operation.location, "+".join(sorted(map(str, states))))


PRELUDE = """import torch
model = torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=1)
loss = model(x)
"""


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("optimizer.step()", ["0"]),
        ("loss.backward()\noptimizer.step()", ["1"]),
        ("loss.backward()\nloss.backward()\noptimizer.step()", ["2"]),
        ("if a:\n    loss.backward()\noptimizer.step()", ["0+1"]),
        ("for x in a:\n    loss.backward()\noptimizer.step()", ["1+2"]),
        ("loss.backward()\noptimizer.step()\noptimizer.step()", ["1", "0"]),
        ("loss.backward()\nmodel.eval()\noptimizer.zero_grad()\noptimizer.step()", ["1"]),
    ],
)
def test_a_rule_is_told_all_states_in_which_an_operation_is_reached(text: str, states: list[str]) -> None:
    findings = check_sources([Source("main.py", (PRELUDE + text).encode())], [BackwardTwice()])
    assert [finding.message for finding in findings] == states


def test_a_rule_is_told_only_of_what_it_follows() -> None:
    told: set[Kind] = set()

    class Listens(BackwardTwice):
        def judge(self, operation: Operation, states: frozenset[State]) -> Iterator[Finding]:
            told.add(operation.kind)
            yield from ()

    check_sources(
        [Source("main.py", (PRELUDE + "loss.backward()\nmodel.eval()\noptimizer.step()").encode())], [Listens()]
    )
    assert told == Listens.follows


def test_a_rule_without_a_half_finds_nothing() -> None:
    class Silent(Rule):
        code, name, severity = "TL999", "silent", Severity.INFO

    assert check_sources([Source("main.py", PRELUDE.encode())], [Silent()]) == []


def test_where_the_ways_are_too_many_to_tell_apart_it_is_silent() -> None:
    class Remembers(BackwardTwice):
        def advance(self, state: State, operation: Operation) -> State:
            return (state, operation.location)

    branches = "".join(f"if a{number}:\n    loss.backward()\n" for number in range(12))
    text = f"{PRELUDE}{branches}optimizer.step()\n"
    assert check_sources([Source("main.py", text.encode())], [Remembers()]) == []


def test_a_finding_carries_what_the_rule_is_and_what_it_was_given() -> None:
    place, related = Location("a.py", 1), (Related(Place("a.py", 0), "here"),)
    fix = Fix("mend it", safe=True)
    finding = BackwardTwice().finding(
        place, "wrong", related=related, evidence={"n": 2}, confidence=Confidence.MEDIUM, fix=fix
    )
    assert finding == Finding(
        "TL999", "backward-twice", Severity.WARN, "wrong", place, related, {"n": 2}, Confidence.MEDIUM, fix
    )
    assert BackwardTwice().finding(place, "wrong").confidence is Confidence.HIGH


class TestConcerns:
    MODEL, OTHER = Subject(Role.MODEL, 1, "model"), Subject(Role.MODEL, 2, "other")
    FIRST, SECOND = Subject(Role.OPTIMIZER, 3, "first"), Subject(Role.OPTIMIZER, 4, "second")

    def operation(self, models: frozenset[Subject] | None, optimizer: Subject | None = None) -> Operation:
        return Operation(Kind.OPTIMIZER_STEP, Place("a.py", 0), "step", models, optimizer)

    def test_operations_on_one_model_concern_each_other(self) -> None:
        both, one = self.operation(frozenset({self.MODEL, self.OTHER})), self.operation(frozenset({self.MODEL}))
        assert both.concerns(one)
        assert one.concerns(both)

    def test_operations_on_different_models_do_not(self) -> None:
        assert not self.operation(frozenset({self.MODEL})).concerns(self.operation(frozenset({self.OTHER})))

    def test_nor_do_those_on_none(self) -> None:
        assert not self.operation(frozenset()).concerns(self.operation(frozenset()))

    def test_one_on_models_that_are_not_known_may_concern_any(self) -> None:
        assert self.operation(None).concerns(self.operation(frozenset({self.MODEL})))
        assert self.operation(frozenset({self.MODEL})).concerns(self.operation(None))

    def test_one_optimizer_is_enough(self) -> None:
        first = self.operation(frozenset({self.MODEL}), self.FIRST)
        assert first.concerns(self.operation(frozenset({self.OTHER}), self.FIRST))
        assert not first.concerns(self.operation(frozenset({self.OTHER}), self.SECOND))

    def test_a_subject_is_the_same_under_another_name(self) -> None:
        assert Subject(Role.MODEL, 1, "net", known=False) == self.MODEL
        assert self.operation(frozenset({Subject(Role.MODEL, 1, "net")})).concerns(
            self.operation(frozenset({self.MODEL}))
        )
