"""What several folders of tests share."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent
GOLDENS = CHECKOUT / "fixtures" / "reporters"
NO_SOURCES = shutil.ignore_patterns(
    ".git", ".venv", "venv", "__pycache__", ".*_cache", "trainlint-runs", "build", "dist"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, in a world that says nothing of colours and widths."""
    for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare with a stored text; `UPDATE_GOLDENS=1` stores it instead, to be read in the diff."""

    def compare(name: str, text: str) -> None:
        file = GOLDENS / name
        if os.environ.get("UPDATE_GOLDENS"):
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text(encoding="utf-8")

    return compare


@pytest.fixture(scope="session")
def package_index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip the test where pip cannot reach its index; any other failure of pip's is one of the test."""
    command = [sys.executable, "-m", "pip", "download", "--retries=1", "--no-deps", "--dest"]
    done = subprocess.run(
        [*command, tmp_path_factory.mktemp("index"), "hatchling"], capture_output=True, text=True, check=False
    )
    if done.returncode and "onnection" in done.stderr:
        pytest.skip("pip cannot reach its package index")


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout as it is now, with nothing built or installed in it."""
    return shutil.copytree(CHECKOUT, tmp_path_factory.mktemp("checkout") / "trainlint", ignore=NO_SOURCES)


def write_files(folder: Path, files: dict[str, str]) -> None:
    """Write files, with the folders they need."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
