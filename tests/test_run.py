"""Run files that are not what they should be."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from trainlint.errors import UsageError
from trainlint.run import load_run
from trainlint.run_schema import APPLICATION_ID, TABLES, VERSION


def make(path: Path, application: int = APPLICATION_ID, version: int = VERSION) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript(f"PRAGMA application_id={application}; PRAGMA user_version={version}; {TABLES}")
    connection.close()
    return path


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^no run file at .*gone\.sqlite"):
        load_run(tmp_path / "gone.sqlite")


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^no run file at"):
        load_run(tmp_path)


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import torch\n" * 100)
    with pytest.raises(UsageError, match="is not a run file of trainlint, or is damaged"):
        load_run(tmp_path / "train.py")


def test_a_database_of_another_program(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is an SQLite file, but not a run file of trainlint"):
        load_run(make(tmp_path / "other.sqlite", application=0))


def test_a_run_of_a_newer_trainlint(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=rf"of a newer trainlint \(file version {VERSION + 1}; this one reads up to"):
        load_run(make(tmp_path / "new.sqlite", version=VERSION + 1))


def test_a_run_that_was_killed_at_once_is_empty(tmp_path: Path) -> None:
    run = load_run(make(tmp_path / "run.sqlite"))
    assert len(run.steps) == 0
    assert not list(run.operations())
    assert not list(run.parameter_norms())
    assert (run.models, run.findings, run.meta) == ((), (), {})
