"""Rules on the fly: told once, the moment it is certain; a rule that crashes is off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_

from tests.watch.conftest import Watched, make_model, train
from trainlint.finding import Finding, Severity
from trainlint.follow import follow
from trainlint.operations import Kind, Operation
from trainlint.registry import find_rule
from trainlint.rule import Rule, State
from trainlint.run import Run
from trainlint.watch import judge


class ThirdStep(Rule):
    code, name, severity = "TL998", "third-step", Severity.WARN
    follows = frozenset({Kind.OPTIMIZER_STEP})
    start = 0

    def advance(self, state: State, operation: Operation) -> State:
        assert isinstance(state, int)
        return state + 1

    def judge(self, operation: Operation, states: frozenset[State]) -> Iterator[Finding]:
        if states == {2}:
            yield self.finding(operation.location, f"the third {operation.call}")


class Crashing(Rule):
    code, name, severity = "TL999", "crashing", Severity.WARN
    follows = frozenset({Kind.BACKWARD})

    def judge(self, operation: Operation, states: frozenset[State]) -> Iterator[Finding]:
        yield self.finding(operation.location, str(1 / 0))

    def check_run(self, run: Run) -> Iterable[Finding]:
        raise AssertionError("it is off")


def steps(model: nn.Module, count: int) -> None:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(count):
        optimizer.zero_grad()
        model(torch.ones(1, 2)).sum().backward()
        optimizer.step()


def test_a_finding_is_told_when_it_is_certain_and_once(watched: Watched) -> None:
    model = nn.Linear(2, 2)
    with watched(model, rules=(ThirdStep(),)) as run:
        steps(model, 2)
        assert watched.said == []
        steps(model, 2)
        finding = run.findings[0]
        assert watched.said == [f"TL998 the third optimizer.step ({judge.place(finding)})"]
        steps(model, 50)
    assert watched.run().findings == (finding,)
    assert len(watched.said) == 1


def test_a_rule_that_crashes_is_off_and_the_others_go_on(watched: Watched) -> None:
    model = nn.Linear(2, 2)
    with watched(model, rules=(Crashing(), ThirdStep())) as run:
        steps(model, 10)
    assert watched.said[0] == "rule crashing (TL999) crashed and is off: ZeroDivisionError: division by zero"
    assert len(watched.said) == 2
    assert [finding.code for finding in run.findings] == ["TL998"]


def test_states_without_end_are_forgotten(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "_REMEMBERED", 8)
    model = nn.Linear(2, 2)
    with watched(model, rules=(ThirdStep(),)) as run:
        steps(model, 100)
    assert len(run._judge._states) <= 8
    assert [finding.code for finding in run.findings] == ["TL998"]


@pytest.mark.parametrize("amp", [False, True], ids=["float32", "amp"])
def test_right_training_is_silent(watched: Watched, amp: bool) -> None:
    from trainlint.registry import all_rules

    model = make_model()
    with watched(model, rules=all_rules()):
        train(model, torch.optim.AdamW(model.parameters()), amp=amp)
    assert watched.run().findings == ()


def test_clipping_before_unscale_and_clearing_never(watched: Watched) -> None:
    found = [rule for code in ("TL301", "TL401") if (rule := find_rule(code)) is not None]
    model = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu")
    with watched(model, rules=tuple(found)):
        for _ in range(4):
            scaler.scale(model(torch.ones(1, 2)).sum()).backward()
            clip_grad_norm_(model.parameters(), 1.0)
            scaler.step(optimizer)
            scaler.update()
    run = watched.run()
    lines = run.sources[__file__].splitlines()
    told = [(finding.code, lines[finding.location.row - 1].strip()) for finding in run.findings]  # type: ignore[union-attr]
    assert told == [
        ("TL301", "clip_grad_norm_(model.parameters(), 1.0)"),
        ("TL401", "scaler.step(optimizer)"),
    ]
    assert "`scaler`" in run.findings[0].message
    assert "`optimizer`" in run.findings[1].message
    again = list(follow(found, (operation for _, operation in run.operations())))
    assert again == list(run.findings)
