"""A learning-rate range test, in the terminal and as a picture."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.table import Table
from rich.text import Text

from trainlint.report.chart import chart
from trainlint.report.plot import Line, Mark, draw
from trainlint.report.spark import Glyphs, glyphs_for

if TYPE_CHECKING:
    from trainlint.lr.range_test import RangeTest

_WIDTH, _ROWS = 72, 8
_NAMES = ("valley", "steepest")


class RangeTestView:
    """Shows a range test with the signs that a terminal has."""

    def __init__(self, found: RangeTest) -> None:
        self._found = found

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        found = self._found
        glyphs = glyphs_for(options.encoding)
        yield Text("loss by learning rate", style="bold")
        yield _chart(found, min(options.max_width - 12, _WIDTH), glyphs)
        rows = Table.grid(padding=(0, 2))
        rows.add_column(style="bold")
        rows.add_column(justify="right")
        rows.add_column()
        for name in _NAMES:
            rate = getattr(found, name)
            rows.add_row(name, "-" if rate is None else f"{rate:.3g}", found.reasons[name])
        rows.add_row("ended", "", found.stopped)
        yield Group(rows)


def _chart(found: RangeTest, width: int, glyphs: Glyphs) -> Text:
    marks = [
        (min(range(len(found.rates)), key=lambda i, rate=rate: abs(math.log(found.rates[i] / rate))), name[0])  # type: ignore[misc]
        for name in _NAMES
        if (rate := getattr(found, name)) is not None
    ]
    ends = (f"{found.rates[0]:.3g}", f"{found.rates[-1]:.3g}")
    return chart(found.smoothed, max(width, 20), _ROWS, glyphs, marks=marks, ends=ends)


def draw_range_test(found: RangeTest) -> str:
    """Return the plot of a range test as SVG."""
    low, high = min(found.smoothed), max(found.smoothed)
    ceiling, floor = high + 0.1 * (high - low), low - 0.5 * (high - low)
    shown = [min(max(loss, floor), ceiling) for loss in found.losses]  # the end of a divergence would hide the rest
    marks = [Mark(rate, f"{name} {rate:.3g}") for name in _NAMES if (rate := getattr(found, name)) is not None]
    return draw(
        [Line("smoothed loss", found.rates, found.smoothed), Line("loss", found.rates, shown, faint=True)],
        title="Learning-rate range test: the loss by learning rate",
        x_title="learning rate",
        log_x=True,
        marks=marks,
    )
