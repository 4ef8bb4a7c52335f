"""Comments that silence findings."""

from __future__ import annotations

import pytest

from trainlint.finding import Location
from trainlint.source.read import Source
from trainlint.source.suppress import read_suppressions

CLIP = ("TL301", "clip-before-unscale")


def silenced(text: str, row: int, end_row: int | None = None, label: tuple[str, str] = CLIP) -> bool:
    """Tell whether a finding on these rows is silenced by a comment of the text."""
    found = read_suppressions(Source("train.py", text.encode()))
    return any(each.silences(*label, Location("train.py", row, 1, end_row or row, 2)) for each in found)


@pytest.mark.parametrize(
    "comment",
    [
        "# trainlint: ignore",
        "#trainlint:ignore",
        "# trainlint: ignore[TL301]",
        "# trainlint: ignore[clip-before-unscale]",
        "# trainlint: ignore[TL3]",
        "# trainlint: ignore[TL401, TL301]",
        "# trainlint: ignore [ missing-zero-grad,clip-before-unscale ]",
        "# trainlint: ignore because the scale is 1",
        "# trainlint: ignore[TL301] because the scale is 1",
        "# noqa: E501  # trainlint: ignore[TL301]",
        "# trainlint: ignore[TL401] # trainlint: ignore[TL301]",
    ],
)
def test_a_comment_that_silences(comment: str) -> None:
    assert silenced(f"clip()  {comment}\n", 1)


@pytest.mark.parametrize(
    "comment",
    [
        "# trainlint: ignore[TL401]",
        "# trainlint: ignore[]",
        "# trainlint: ignore[TL301",
        "# trainlint: ignored",
        "# trainlint: ignore-next",
        "# trainlint ignore",
        "# ignore[TL301]",
    ],
)
def test_a_comment_that_does_not(comment: str) -> None:
    assert not silenced(f"clip()  {comment}\n", 1)


def test_strings_are_no_comments() -> None:
    assert not silenced('clip("# trainlint: ignore")\n', 1)
    assert not silenced('"""\n# trainlint: ignore\n"""\n', 2)
    assert silenced('clip("#")  # trainlint: ignore\n', 1)


STATEMENT = """\
before()
step(
    clip(
        a,{first}
        b,
    ),{inner}
    c,{third}
){last}  # the end
after()
"""


@pytest.mark.parametrize(
    ("where", "rows", "expected"),
    [
        ("last", (2, 8), True),
        ("last", (3, 6), True),
        ("last", (5, 5), True),
        ("last", (1, 1), False),
        ("last", (9, 9), False),
        ("inner", (3, 6), True),  # where the call ends
        ("inner", (2, 8), False),
        ("inner", (4, 4), False),
        ("first", (4, 4), True),
        ("first", (3, 6), False),
        ("third", (3, 6), False),
    ],
)
def test_a_statement_over_several_lines(where: str, rows: tuple[int, int], expected: bool) -> None:
    marks = dict.fromkeys(("first", "inner", "third", "last"), "") | {where: "  # trainlint: ignore"}
    assert silenced(STATEMENT.format(**marks), *rows) is expected


def test_a_comment_in_a_block_is_not_about_the_block() -> None:
    text = "for x in y:\n    a()\n    b()  # trainlint: ignore\n"
    assert not silenced(text, 1, 3)
    assert silenced(text, 3)


def test_a_comment_of_its_own_is_about_no_other_line() -> None:
    text = "# trainlint: ignore\nclip()\n    # trainlint: ignore\n"
    assert not silenced(text, 2)


def test_rows_are_those_of_python() -> None:
    assert silenced("x = 1\r\ny = '\x0c'\rclip()  # trainlint: ignore\r\n", 3)
    assert silenced("\ufeffclip()  # trainlint: ignore\n", 1)


@pytest.mark.parametrize(
    "broken",
    [
        "def f(:\n",
        "x = (\n",
        "'''\n",
        "  x\n y\n",
        "x = '\n",
        "\0\n",
        "if x:\n\ty\n        z\n",
        "0777\n",
        "$?\n",
    ],
)
def test_where_the_text_is_not_python_the_comments_still_count(broken: str) -> None:
    text = f"clip()  # trainlint: ignore\n{broken}clip()  # trainlint: ignore\n"
    assert silenced(text, 1)
    assert silenced(text, text.count("\n"))


def test_what_a_comment_names_is_kept_as_written() -> None:
    found = read_suppressions(Source("a.py", b"x  # trainlint: ignore[TL999, unscale]\ny  # trainlint: ignore[TL3\n"))
    assert [each.selectors for each in found] == [("TL999", "unscale"), ("[TL3",)]
    assert [each.row for each in found] == [1, 2]
