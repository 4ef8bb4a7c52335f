"""A plot of several lines in a terminal, from the eighths of a character, or from plain signs."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from trainlint.report.spark import Glyphs


def chart(
    values: Sequence[float],
    width: int,
    height: int,
    glyphs: Glyphs,
    *,
    marks: Sequence[tuple[int, str]] = (),
    ends: tuple[str, str] = ("", ""),
) -> Text:
    """Draw a series as columns, highest at the top, with its range on the left and `ends` under its ends.

    `marks` are signs to set under the columns of given places.
    """
    width = min(width, len(values))
    columns = _columns(values, width)
    low, high = min(columns), max(columns)
    scale = len(glyphs.levels) * height / (high - low) if high > low else 0.0
    filled = [max(1, round((column - low) * scale)) for column in columns]
    labels = [f"{high:.4g}", *[""] * (height - 1)]
    if height > 1:
        labels[-1] = f"{low:.4g}"
    margin = max(map(len, labels))
    text = Text()
    for row, label in enumerate(labels):
        below = (height - 1 - row) * len(glyphs.levels)
        text.append(f"{label:>{margin}} ", style="dim")
        text.append("".join(_sign(level - below, glyphs) for level in filled).rstrip() + "\n", style="cyan")
    first, last = ends
    text.append(" " * (margin + 1) + first + last.rjust(width - len(first)), style="dim")
    if marks:
        under = [" "] * width
        for place, sign in sorted(marks):
            column = min(place * width // len(values), width - 1)
            under[under.index(" ", column) if " " in under[column:] else column] = sign
        text.append("\n" + " " * (margin + 1) + "".join(under).rstrip(), style="bold")
    return text


def _columns(values: Sequence[float], width: int) -> list[float]:
    """Return for each column the value of its share that lies farthest from the mean of all, so that peaks stay."""
    middle = sum(values) / len(values)
    shares = (values[c * len(values) // width : (c + 1) * len(values) // width] for c in range(width))
    return [max(share, key=lambda value: abs(value - middle)) for share in shares]


def _sign(level: int, glyphs: Glyphs) -> str:
    if level <= 0:
        return " "
    return glyphs.levels[min(level, len(glyphs.levels)) - 1]
