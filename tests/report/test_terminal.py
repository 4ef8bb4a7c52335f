"""Findings as a person sees them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence

import pytest
from rich.cells import cell_len
from rich.console import Console

from tests.report import findings as example
from trainlint.finding import Finding, Location, Severity
from trainlint.report.terminal import print_findings, summary
from trainlint.source.read import Source


def shown(
    findings: Sequence[Finding],
    *,
    width: int = 80,
    colour: bool = False,
    encoding: str = "utf-8",
    sources: dict[str, Source] = example.SOURCES,
) -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding, errors="strict", newline="\n")
    console = Console(
        file=stream,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=False,
        legacy_windows=False,
    )
    print_findings(findings, sources, console)
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode(encoding)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_plain(golden: Callable[[str, str], None], width: int) -> None:
    golden(f"plain_{width}.txt", shown(example.ALL, width=width))


def test_in_colour(golden: Callable[[str, str], None]) -> None:
    golden("colour.txt", shown(example.ALL, colour=True).replace("\x1b", "\\x1b"))


def test_where_only_ascii_is_to_be_had(golden: Callable[[str, str], None]) -> None:
    golden("ascii.txt", shown([example.CLIP], encoding="ascii"))


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("width", [40, 80])
def test_nothing_of_the_users_is_obeyed(colour: bool, width: int) -> None:
    text = shown(example.ALL, colour=colour, width=width)
    ours = re.compile(r"\x1b\[(?:\d+(?:;\d+)*)?m")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", ours.sub("", text))
    assert "[red]" in text
    assert "[link=x]name[/link]" in text
    assert ":smile:" in text or width == 40
    assert set(ours.findall(text)) <= {
        f"\x1b[{code}m" for code in ("0", "1", "2", "32", "34", "35", "36", "1;31", "1;33", "1;36")
    }


@pytest.mark.parametrize("width", [60, 80, 120])
def test_frames_keep_to_the_width(width: int) -> None:
    frames = [line for line in shown(example.ALL, width=width).splitlines() if re.match(r"  +\d* │", line)]
    assert frames
    assert max(map(cell_len, frames)) <= width


def test_every_mark_stands_under_what_it_marks() -> None:
    lines = shown([example.CLIP, example.WIDE, example.BIAS], width=100).splitlines()

    def above(mark: str) -> str:
        """Return the cells of the line above over which a mark stands."""
        row = next(row for row, line in enumerate(lines) if re.search(rf"│ +{re.escape(mark)}(?: |$)", line))
        start = lines[row].index(mark)
        return lines[row - 1][start - wide(lines[row - 1], start) :][: len(mark)]

    def wide(line: str, cells: int) -> int:
        """Return how many cells of the line are the second half of a character."""
        return next(cells - count for count in range(cells + 1) if cell_len(line[:count]) == cells)

    assert above("^" * 4) == "oops"
    assert above("^" * 64) == "torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)"
    assert above("-" * 29) == "scaler.scale(loss).backward()"
    assert above("^" * 19) == "nn.Conv2d(3, 16, 3)"
    assert above("-" * 18) == "nn.BatchNorm2d(16)"


def test_long_lines_show_the_place() -> None:
    text = shown([example.FAR_RIGHT, example.END_OF_LONG_LINE])
    frames = re.findall(r"│ (…?.*…?)\n *│ ( *)(\^+)", text)
    assert [code[len(before) :][: len(mark)] for code, before, mark in frames] == ["'114'", "]  # "]
    assert frames[0][0].startswith("…")
    assert frames[0][0].endswith("…")


def test_a_monstrous_line_takes_no_time() -> None:
    source = Source("a.py", b"x = '" + b"a" * 5_000_000 + b"'")
    text = shown(
        [Finding("TL1", "n", Severity.WARN, "m", Location("a.py", 1, 4_000_001, 1, 4_900_000))],
        sources={"a.py": source},
        colour=True,
    )
    assert len(text) < 1000


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize(
    "location",
    [
        Location("a.py", 1, 1, 1, 1),
        Location("a.py", 2, 1, 2, 1),
        Location("a.py", 9, 9, 9, 12),
        Location("a.py", 1, 90, 1, 99),
        Location("a.py", 1, 3, 50, 1),
        Location("a.py", 2, 1),
    ],
)
@pytest.mark.parametrize("data", [b"", b"x = 1", b"x = 1\n", b"\xff\xfe\x00", b"def f(:\n'''"])
def test_no_place_is_too_odd(location: Location, data: bytes, colour: bool) -> None:
    finding = Finding("TL001", "file-not-read", Severity.ERROR, "m", location)
    assert "TL001" in shown([finding], sources={"a.py": Source("a.py", data)}, colour=colour)


@pytest.mark.parametrize(
    ("findings", "files", "expected"),
    [
        ([], 0, "No findings in 0 files"),
        ([], 1, "No findings in 1 file"),
        ([example.CLIP], 12, "Found 1 finding (1 error) in 12 files"),
        (
            [example.BIAS, example.CLIP, example.ROW_ONLY, example.SEVERAL_ROWS],
            3,
            "Found 4 findings (2 errors, 1 warning, 1 advice) in 3 files",
        ),
    ],
)
def test_summary(findings: list[Finding], files: int, expected: str) -> None:
    assert summary(findings, files) == expected
