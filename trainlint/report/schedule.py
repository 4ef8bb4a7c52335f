"""A preview of a learning-rate schedule, in the terminal and as a picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderableType
from rich.text import Text

from trainlint.finding import Severity
from trainlint.report.chart import chart
from trainlint.report.plot import Line, draw, thinned
from trainlint.report.spark import glyphs_for, sparkline

if TYPE_CHECKING:
    from trainlint.lr.schedule import SchedulePreview

_WIDTH, _ROWS = 72, 8
_GROUPS = 4  # parameter groups shown
_LINES = 12  # lines about phases; a schedule of many cycles has hundreds
_STYLES = {Severity.ERROR: "bold red", Severity.WARN: "yellow", Severity.INFO: "cyan"}


class ScheduleView:
    """Shows a preview with the signs that a terminal has."""

    def __init__(self, preview: SchedulePreview) -> None:
        self._preview = preview

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        preview = self._preview
        glyphs = glyphs_for(options.encoding)
        width = max(20, min(options.max_width - 12, _WIDTH))
        count, groups = len(preview.rates), len(preview.phases)
        courses = [[row[group] for row in preview.rates] for group in range(min(groups, _GROUPS))]
        yield Text(f"learning rate by step, {preview.name}", style="bold")
        yield chart(courses[0], width, _ROWS, glyphs, ends=("0", f"{count - 1:,}"))
        for group, course in enumerate(courses[1:], start=1):
            yield Text.assemble((f"group {group}  ", "dim"), (sparkline(course, width - 12, glyphs), "cyan"))
        if groups > _GROUPS:
            yield Text(f"and {groups - _GROUPS} more groups", style="dim")
        words = preview.words
        for line in words[: _LINES - 1]:
            yield Text(line)
        if len(words) > _LINES:
            yield Text(f"and {len(words) - _LINES:,} more", style="dim")
        for line in words[max(_LINES - 1, len(words) - 1) :]:
            yield Text(line)
        if preview.error:
            yield Text(preview.error, style="bold red")
        for remark in preview.remarks:
            yield Text(str(remark), style=_STYLES[remark.severity])


def draw_schedule(preview: SchedulePreview) -> str:
    """Return the plot of a preview as SVG."""
    names = (
        ["learning rate"] if len(preview.phases) == 1 else [f"group {group}" for group in range(len(preview.phases))]
    )
    lines = []
    for group, name in enumerate(names[:_GROUPS]):
        course = [row[group] for row in preview.rates]
        places = thinned(course, 2000)
        lines.append(Line(name, places, [course[place] for place in places]))
    return draw(lines, title=f"Learning rate by step: {preview.name}", x_title="step")
