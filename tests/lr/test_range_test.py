"""A range test as it is shown: in the terminal, in a notebook, as a file."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from rich.console import Console

pytest.importorskip("torch")

from tests.lr.test_suggest import rates, typical
from trainlint.lr.range_test import RangeTest
from trainlint.lr.suggest import suggest

SVG = "{http://www.w3.org/2000/svg}"


def make(losses: list[float]) -> RangeTest:
    found = suggest(rates(), losses)
    return RangeTest(
        tuple(rates()), tuple(losses), found.smoothed, found.steepest, found.valley, found.reasons, "the <end>"
    )


def test_the_terminal_shows_the_curve_and_the_reasons() -> None:
    found = make(typical())
    shown = str(found)
    lines = shown.splitlines()
    assert lines[0] == "loss by learning rate"
    assert max(map(len, lines)) <= 100
    assert "valley" in shown
    assert f"{found.valley:.3g}" in shown
    assert "half of the longest fall is done" in shown
    assert "the <end>" in shown
    # The mark of the valley stands under the slope, between the top of the curve and its floor.
    marked = next(line for line in lines if line.strip() in {"v", "s", "v s", "vs", "sv"})
    column = marked.index("v")
    rows = lines[1:9]
    assert rows[1][column - 8] == "█"
    assert rows[1][column + 8 : column + 9].strip() == ""
    assert repr(found) == f"RangeTest(suggestion={found.valley}, steepest={found.steepest}, 100 rates)"
    assert found.suggestion == found.valley


@pytest.mark.parametrize("width", [30, 80])
def test_a_terminal_without_unicode_shows_it_too(width: int) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    Console(file=stream, width=width).print(make(typical()))
    stream.flush()
    shown = stream.buffer.getvalue().decode("ascii")
    assert "@@@@" in shown
    assert all(len(line) <= width for line in shown.splitlines())


def test_the_picture_is_well_formed_and_its_marks_stand_at_the_rates(tmp_path: Path) -> None:
    found = make(typical(0.1))
    found.save(tmp_path / "range.svg")
    root = ET.parse(tmp_path / "range.svg").getroot()
    texts = {text.text: text for text in root.iter(f"{SVG}text")}
    assert {"learning rate", "loss", "smoothed loss", "0.001", "1e-07", "10"} <= texts.keys()
    assert f"valley {found.valley:.3g}" in texts
    one, ten = (float(texts[label].attrib["x"]) for label in ("0.1", "1"))
    milli = float(texts["0.001"].attrib["x"])
    assert milli == pytest.approx(one - 2 * (ten - one), abs=0.2)
    line, losses = root.iter(f"{SVG}polyline")
    assert len(line.attrib["points"].split()) == len(losses.attrib["points"].split()) == 100
    assert all(0 <= float(y) <= 320 for point in losses.attrib["points"].split() for y in [point.split(",")[1]])


def test_a_notebook_shows_picture_and_reasons_without_trusting_them() -> None:
    shown = make(typical())._repr_html_()
    assert shown.count("<svg") == 1
    assert "the &lt;end&gt;" in shown
    assert "half of the longest fall is done" in shown


def test_a_test_without_a_suggestion_says_so() -> None:
    found = make([1.0] * 100)
    assert found.suggestion is None
    assert "no clear fall" in str(found)
    assert "valley: none, the loss has no clear fall" in found._repr_html_()
