"""What becomes of the bugs of a repository."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.accuracy import trial
from benchmarks.accuracy.__main__ import measure
from benchmarks.accuracy.context import contexts
from benchmarks.accuracy.report import as_json, print_missed, print_report
from benchmarks.accuracy.script import Script
from benchmarks.accuracy.trial import Outcome, attempt, survey
from tests.benchmarks.seeding import KINDS

TRAIN = """
import torch
from torch import nn, optim

model = nn.Linear(4, 2)
optimizer = optim.SGD(model.parameters(), lr=0.1)
for epoch in range(10):
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs), targets)
        loss.backward()
        optimizer.step()
"""
DELETED = KINDS["zero-grad-deleted"]


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "train.py").write_text(TRAIN)
    (folder / "broken.py").write_text("print 'old'\n")
    yield folder
    trial.load.cache_clear()


def test_bug_that_is_found_where_it_was_made_is_caught(repository: Path) -> None:
    untouched = survey(repository, [DELETED], None, 0)
    assert (untouched.files, untouched.lines) == (2, 13)
    tried = attempt(repository, untouched.seedings)
    assert [(each.file, each.row, each.outcome) for each in tried] == [("train.py", 9, Outcome.CAUGHT)]
    assert "-        optimizer.zero_grad()\n" in tried[0].diff


def test_finding_far_from_the_bug_is_not_a_catch(repository: Path) -> None:
    (bug,) = survey(repository, [DELETED], None, 0).seedings
    (tried,) = attempt(repository, [replace(bug, near=frozenset({("train.py", "elsewhere")}))])
    assert tried.outcome is Outcome.ELSEWHERE


def test_finding_that_was_there_before_is_not_a_catch(repository: Path) -> None:
    (bug,) = survey(repository, [DELETED], None, 0).seedings
    (repository / "train.py").write_bytes(bug.data)
    trial.load.cache_clear()
    (tried,) = attempt(repository, [replace(bug, data=bug.data + b"pass\n")])
    assert tried.outcome is Outcome.KNOWN


def test_change_that_no_rule_minds_is_missed(repository: Path) -> None:
    (bug,) = survey(repository, [DELETED], None, 0).seedings
    tried = attempt(repository, [replace(bug, data=TRAIN.encode() + b"pass\n"), replace(bug, codes=("TL000",))])
    assert [each.outcome for each in tried] == [Outcome.MISSED, Outcome.NO_RULE]


def test_limit_draws_the_same_bugs_again(repository: Path) -> None:
    step = KINDS["step-not-called"]
    everything = survey(repository, [step], None, 0).seedings
    drawn = [survey(repository, [step], 1, seed).seedings for seed in range(8)]
    assert len(everything) == 3
    assert all(len(each) == 1 and each[0] in everything for each in drawn)
    assert len({each[0].data for each in drawn}) > 1
    assert survey(repository, [step], 1, 5).seedings == drawn[5]


def test_measure_and_reports(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kinds = [DELETED, KINDS["zero-grad-before-step"]]
    untouched, tried = measure([repository], kinds, None, 0, 1)
    tried.append(replace(tried[0], outcome=Outcome.MISSED))
    written = json.loads(as_json(kinds, untouched, tried))
    assert written["total"] == {"seeded": 3, "caught": 2, "elsewhere": 0, "not_counted": 0}
    assert [each["caught"] for each in written["kinds"]] == [1, 1]
    assert written["lines"] == 13
    print_report(Console(width=160), kinds, untouched, tried)
    print_missed(Console(width=160), tried)
    shown = capsys.readouterr().out
    assert "zero-grad-before-step" in shown
    assert "67%" in shown
    assert "-        optimizer.zero_grad()" in shown


def test_large_repository_is_read_in_parts() -> None:
    sources = {
        "models/net.py": "x = 1",
        "train.py": "from models.net import Net\nfrom .helper import f\nimport torch",
        "helper.py": "import os",
        "other/train.py": "import other.thing",
        "other/thing.py": "y = 1",
    }
    scripts = {name: Script(name, source.encode()) for name, source in sources.items()}
    found = contexts(scripts, dict.fromkeys(sources, 2_000))
    assert found["models/net.py"] == {"models/net.py", "train.py", "helper.py"}
    assert found["helper.py"] == {"models/net.py", "train.py", "helper.py"}
    assert found["other/thing.py"] == {"other/train.py", "other/thing.py"}
    assert contexts(scripts, dict.fromkeys(sources, 10))["helper.py"] == set(sources)
