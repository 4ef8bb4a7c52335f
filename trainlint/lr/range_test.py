"""What `find_lr` gives: the rates tried, the losses there, and what they suggest."""

from __future__ import annotations

import html
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, RenderableType

from trainlint.report.range_test import RangeTestView, draw_range_test


@dataclass(frozen=True, slots=True, repr=False)
class RangeTest:
    """The course of a learning-rate range test.

    `losses[i]` is the loss at which the step with `rates[i]` was taken, before that step; `smoothed` is the curve
    through them that the suggestions are read from. A rate is that of the parameter group with the highest one; the
    other groups keep their proportion to it.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    steepest: float | None
    """The rate at which the loss falls fastest; `None` where it has no clear fall."""
    valley: float | None
    """The rate at which half of the longest fall of the loss is done; `None` where it has no clear fall."""
    reasons: Mapping[str, str]
    """Why, by the name of the suggestion."""
    stopped: str
    """Why the test ended."""

    @property
    def suggestion(self) -> float | None:
        """Return the valley: it rests on the whole fall, where the steepest place rests on a few losses."""
        return self.valley

    def svg(self) -> str:
        """Return the plot, as a picture that needs nothing else."""
        return draw_range_test(self)

    def save(self, path: str | Path) -> None:
        """Write the plot to an SVG file."""
        Path(path).write_text(self.svg(), encoding="utf-8")

    def __rich__(self) -> RenderableType:
        return RangeTestView(self)

    def __str__(self) -> str:
        console = Console(file=io.StringIO(), width=100, color_system=None)
        with console.capture() as shown:
            console.print(self)
        return "\n".join(line.rstrip() for line in shown.get().splitlines())

    def __repr__(self) -> str:
        return f"RangeTest(suggestion={self.suggestion}, steepest={self.steepest}, {len(self.rates)} rates)"

    def _repr_html_(self) -> str:
        lines = [f"{name}: {_rate(getattr(self, name))}, {why}" for name, why in self.reasons.items()]
        said = "".join(f"<li>{html.escape(line)}</li>" for line in (*lines, self.stopped))
        return f"<div>{self.svg()}<ul>{said}</ul></div>"


def _rate(rate: float | None) -> str:
    return "none" if rate is None else f"{rate:.3g}"
