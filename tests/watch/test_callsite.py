"""Where a call stands, as Python of each version tells it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from trainlint.watch.callsite import Sites, _rank
from trainlint.watch.written import Calls, Written, loader_name


def read(text: str, row: int, method: str) -> Written | None:
    return Calls(ast.parse(text)).on_line(row, method)


@pytest.mark.parametrize(
    ("text", "method", "call"),
    [
        ("scaler.scale(loss).backward()", "backward", "scaler.scale(loss).backward"),
        ("loss = criterion(model(x), y); optimizer.step()", "step", "optimizer.step"),
        ("loss = criterion(self.model(x), y)", "model", "self.model"),
        ("g.step(); d.step()", "step", None),  # either could be meant
        ("for x in loader:\n    pass", "__next__", "loader"),
        ("x = 1", "step", None),
    ],
)
def test_a_line_without_columns(text: str, method: str, call: str | None) -> None:
    written = read(text, 1, method)
    assert (written and written.call) == call


@pytest.mark.parametrize(
    ("loop", "name"),
    [
        ("loader", "loader"),
        ("enumerate(loader)", "loader"),
        ("enumerate(tqdm(self.loaders['val'], desc='x'), 1)", "self.loaders['val']"),
        ("tqdm.auto.tqdm(loader)", "loader"),
        ("zip(a, b)", "zip(a, b)"),
    ],
)
def test_what_a_loop_runs_over(loop: str, name: str) -> None:
    written = read(f"for x in {loop}:\n    pass", 1, "__next__")
    assert written is not None
    assert loader_name(written) == name


def test_a_place_that_is_not_known_has_no_loader() -> None:
    assert loader_name(Written("__next__")) is None


class Device:
    def __init__(self, sites: Sites) -> None:
        self.sites = sites

    def step(self, *arguments: object) -> str:
        return self.sites.here("step").written.call


@pytest.mark.skipif(sys.version_info < (3, 11), reason="older Python keeps lines only")
def test_the_very_call_on_a_line() -> None:
    sites = Sites()
    here, there = sites.here("here"), sites.here("here")
    assert here is not there
    assert here.location.column < there.location.column
    assert here.written.call == there.written.call == "sites.here"
    assert {sites.here("here").ident for _ in range(3)} == {2}


def test_columns_count_characters() -> None:
    sites = Sites()
    größe = sites  # noqa: PLC2401 - letters of two bytes are the question
    site = größe.here("here")
    line = Path(__file__).read_text(encoding="utf-8").splitlines()[site.location.row - 1]
    assert line[site.location.column - 1 :].startswith("größe.here" if sys.version_info >= (3, 11) else "    größe")


def test_code_of_the_user_comes_before_code_of_libraries() -> None:
    import torch

    assert _rank(__file__) == 2
    assert _rank(ast.__file__) == _rank(pytest.__file__) == _rank("<string>") == 1
    assert _rank(torch.nn.__file__) == 0


def test_code_without_a_file() -> None:
    sites = Sites()
    names = {"sites": sites}
    exec("site = sites.here('here')", names)
    assert names["site"].location.file.endswith("test_callsite.py")  # type: ignore[attr-defined]
