"""Numbers of the user's own, and what a finding leads to."""

from __future__ import annotations

import math
import warnings
from typing import Any

import pytest
import torch
from torch import nn

from tests.watch.conftest import Watched
from tests.watch.test_judge import ThirdStep, steps
from trainlint.errors import UsageError
from trainlint.finding import Finding
from trainlint.watch import FindingError, FindingWarning


def test_numbers_of_the_users_own(watched: Watched) -> None:
    model = nn.Linear(2, 2)
    with watched(model) as run:
        run.log(accuracy=0.25, count=3)
        steps(model, 2)
        score = torch.tensor([0.5], requires_grad=True)
        run.log(accuracy=score, worst=math.nan, best=math.inf)
        score.data.fill_(9.0)
    series = watched.run().series
    assert (series["accuracy"].step, series["accuracy"].value) == ([0, 2], [0.25, 0.5])
    assert series["count"].value == [3.0]
    assert math.isnan(series["worst"].value[0])
    assert series["best"].value == [math.inf]
    assert 0 <= series["accuracy"].time_s[0] <= series["accuracy"].time_s[1]
    assert watched.said == []


def test_what_is_no_number_is_one_line(watched: Watched) -> None:
    with watched(nn.Linear(2, 2)) as run:
        for _ in range(3):
            run.log(table=torch.ones(2, 2))
    assert watched.said == ["run.log is no longer watched: TypeError: table is no single number: Tensor"]
    run.log(late=1.0)  # after the end: nowhere to go


def test_a_finding_as_a_warning_in_the_users_file(watched: Watched) -> None:
    model = nn.Linear(2, 2)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with watched(model, rules=(ThirdStep(),), on_finding="warn") as run:
            steps(model, 5)
    (warning,) = [each for each in caught if each.category is FindingWarning]
    at: Any = run.findings[0].location
    assert (warning.filename, warning.lineno) == (at.file, at.row)
    assert str(warning.message) == "TL998 the third optimizer.step"
    assert watched.said == []


def test_a_finding_as_an_exception_at_its_step(watched: Watched) -> None:
    model = nn.Linear(2, 2)
    run = watched(model, rules=(ThirdStep(),), on_finding="raise")
    with pytest.raises(FindingError, match="TL998 the third") as caught, run:
        steps(model, 5)
    assert caught.value.finding == run.findings[0]
    assert watched.run().meta["ended_by"] == "FindingError"
    assert len(watched.run().steps) == 3
    assert watched.said == []


def test_training_may_go_on_after_the_exception(watched: Watched) -> None:
    model = nn.Linear(2, 2)
    with watched(model, rules=(ThirdStep(),), on_finding="raise"):
        with pytest.raises(FindingError):
            steps(model, 5)
        steps(model, 2)
    assert watched.run().steps.step == [0, 1, 2, 3, 4]


def test_a_function_of_a_finding_and_what_it_raises(watched: Watched) -> None:
    model = nn.Linear(2, 2)
    seen: list[Finding] = []

    def stop(finding: Finding) -> None:
        seen.append(finding)
        raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"), watched(model, rules=(ThirdStep(),), on_finding=stop):
        steps(model, 5)
    assert [finding.code for finding in seen] == ["TL998"]
    assert watched.said == []


def test_what_cannot_be_done_with_a_finding_is_refused(watched: Watched) -> None:
    with pytest.raises(UsageError, match=r"on_finding is .* got 'shout'"):
        watched(nn.Linear(1, 1), on_finding="shout")
