"""Reading what a command line names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import write_files
from trainlint.config import Config
from trainlint.source.gather import STDIN_NAME, Unsaved, gather
from trainlint.source.patterns import compile_patterns
from trainlint.source.read import Source


def test_files_are_read_in_the_order_of_their_names(folder: Path) -> None:
    write_files(folder, {"b.py": "2", "a.py": "1", "a/c.py": "3"})
    gathered = gather([Path()], Config())
    assert gathered.sources == (Source("a.py", b"1"), Source("a/c.py", b"3"), Source("b.py", b"2"))
    assert gathered.paths["a/c.py"] == folder / "a" / "c.py"
    assert gathered.unread == {}


def test_a_file_that_cannot_be_read_does_not_hide_the_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(folder, {"a.py": "1", "b.py": "2"})
    read_bytes = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "a.py":
            raise PermissionError(13, "Permission denied")
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    gathered = gather([Path()], Config())
    assert gathered.sources == (Source("b.py", b"2"),)
    assert {name: error.strerror for name, error in gathered.unread.items()} == {"a.py": "Permission denied"}


def test_unsaved_text_takes_the_place_of_its_file(folder: Path) -> None:
    write_files(folder, {"a.py": "old", "b.py": "2"})
    gathered = gather([Path()], Config(), unsaved=Unsaved(b"new", Path("a.py")))
    assert gathered.sources == (Source("a.py", b"new"), Source("b.py", b"2"))


def test_unsaved_text_of_no_file(folder: Path) -> None:
    gathered = gather([], Config(), unsaved=Unsaved(b"new"))
    assert gathered.sources == (Source(STDIN_NAME, b"new"),)
    assert gathered.paths == {}


def test_unsaved_text_of_an_excluded_file(folder: Path) -> None:
    config = Config(folder=folder, exclude=compile_patterns(folder, ["a.py"]))
    unsaved = Unsaved(b"new", Path("a.py"))
    assert gather([], config, unsaved=unsaved).sources == (Source("a.py", b"new"),)
    assert gather([], config, unsaved=unsaved, force_exclude=True).sources == ()
