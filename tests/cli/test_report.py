"""`trainlint report`: a run from its file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from trainlint.cli.main import main
from trainlint.registry import find_rule

pytest.importorskip("torch")

CLEAN = """
import torch
import trainlint

torch.set_num_threads(1)
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
with trainlint.watch(model, path="clean.sqlite"):
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.randn(8, 4)).pow(2).mean().backward()
        optimizer.step()
"""
WRONG = CLEAN.replace("        optimizer.zero_grad()\n", "").replace("clean", "wrong")


def train(script: str, folder: Path) -> None:
    (folder / "train.py").write_text(script)
    environment = {"PYTHONPATH": str(CHECKOUT)}
    subprocess.run([sys.executable, "train.py"], cwd=folder, env=environment, check=True, capture_output=True)


def test_a_clean_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(CLEAN, folder)
    assert main(["report", "clean.sqlite"]) == 0
    out, err = capsys.readouterr()
    assert "SGD" in out
    assert "clean.sqlite" in out
    assert err == ""


def test_a_run_with_a_mistake(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(WRONG, folder)
    rule = find_rule("missing-zero-grad")
    assert rule is not None
    assert main(["report", "wrong.sqlite", "--color", "never"]) == 1
    out, _ = capsys.readouterr()
    assert f"train.py:11:9: {rule.code} {rule.name} [{rule.severity.value}]" in out
    assert "\x1b" not in out


def test_a_file_that_is_no_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "train.py").write_text(CLEAN)
    assert main(["report", "train.py"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("trainlint: ")
    assert "train.py" in err
    assert err.count("\n") == 1
