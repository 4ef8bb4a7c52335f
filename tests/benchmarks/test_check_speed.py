"""The benchmark of `trainlint check`: what it prints for a small folder, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from trainlint.registry import find_rule

CHECKOUT = Path(__file__).parent.parent.parent


def check_speed(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CHECKOUT / "benchmarks/check_speed.py"), "--repeat", "1", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder of four small files, one of them wrong, and one that nobody is to read."""
    rule = find_rule("TL401")
    assert rule is not None
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "wrong.py").write_text(rule.bad)
    for name in ("a", "b", "c"):
        (folder / f"{name}.py").write_text(f"import torch\nmodel_{name} = torch.nn.Linear(4, 2)\n")
    (folder / "build").mkdir()
    (folder / "build" / "generated.py").write_text("x = 1\n" * 1000)
    return folder


def test_a_folder_is_a_row_with_the_ratio(project: Path) -> None:
    done = check_speed(str(project))
    assert done.returncode == 0, done.stderr
    head, row = done.stdout.splitlines()
    assert head.split()[:3] == ["files", "lines", "findings"]
    name, files, lines, findings, check_s, *_, libcst_s, ratio = row.split()
    assert (name, files) == ("project", "4")
    assert int(lines) == sum(file.read_text().count("\n") for file in project.glob("*.py"))
    assert int(findings) >= 1
    assert float(check_s) >= 0
    assert float(libcst_s) >= 0
    assert float(ratio) > 0


def test_growth_checks_parts_and_multiples(project: Path) -> None:
    done = check_speed("--growth", str(project))
    assert done.returncode == 0, done.stderr
    rows = [row.split() for row in done.stdout.splitlines()[1:]]
    assert [(part, files) for _, part, files, *_ in rows] == [("0.25", "1"), ("0.5", "2"), ("1", "4"), ("2", "8")]
    lines = [int(row[3]) for row in rows]
    assert lines[3] == 2 * lines[2]


@pytest.mark.parametrize(("name", "problem"), [("gone", "is not a folder"), ("empty", "has no Python files")])
def test_a_folder_without_anything_to_check_is_an_error(tmp_path: Path, name: str, problem: str) -> None:
    (tmp_path / "empty").mkdir()
    done = check_speed(str(tmp_path / name))
    assert done.returncode == 2
    assert problem in done.stderr
    assert "Traceback" not in done.stderr
