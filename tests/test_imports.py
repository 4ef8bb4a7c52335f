"""What is imported when: torch only for what works on a run, and nothing slow before it is needed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import trainlint
from trainlint.registry import all_rules

CHECKOUT = Path(__file__).parent.parent


def modules_after(code: str, folder: Path) -> set[str]:
    """Return the top-level modules that are imported once the code has run in a fresh interpreter."""
    program = f"{code}\nimport json, sys\nprint()\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_package_imports_neither_torch_nor_libcst(tmp_path: Path) -> None:
    modules = modules_after("import trainlint", tmp_path)
    assert "trainlint" in modules
    assert not modules & {"torch", "libcst", "numpy", "rich"}


def test_check_never_imports_torch(tmp_path: Path) -> None:
    for rule in all_rules():
        (tmp_path / f"{rule.code}.py").write_text(rule.bad)
    code = "from trainlint.cli.main import main\nassert main(['check', '.']) == 1"
    assert not modules_after(code, tmp_path) & {"torch", "numpy", "libcst"}


def test_report_never_imports_torch(tmp_path: Path) -> None:
    code = "from trainlint.cli.main import main\nassert main(['report', 'gone']) == 2"
    assert not modules_after(code, tmp_path) & {"torch", "libcst"}


def test_what_is_imported_late_draws_no_random_number(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    code = "import random, trainlint\nbefore = random.getstate()\n"
    for name in trainlint.__all__:
        modules = modules_after(f"{code}trainlint.{name}\nassert random.getstate() == before", tmp_path)
        assert {"torch", "rich"} <= modules


def test_what_is_not_there_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'wach'"):
        trainlint.wach  # noqa: B018
