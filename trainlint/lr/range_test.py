"""What `find_lr` gives: the rates tried, the losses there, and what they suggest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import RenderableType

from trainlint.lr.shown import Shown
from trainlint.report.range_test import RangeTestView, draw_range_test


@dataclass(frozen=True, slots=True, repr=False)
class RangeTest(Shown):
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

    def __rich__(self) -> RenderableType:
        return RangeTestView(self)

    def __repr__(self) -> str:
        return f"RangeTest(suggestion={self.suggestion}, steepest={self.steepest}, {len(self.rates)} rates)"

    def _lines(self) -> list[str]:
        lines = [f"{name}: {_rate(getattr(self, name))}, {why}" for name, why in self.reasons.items()]
        return [*lines, self.stopped]


def _rate(rate: float | None) -> str:
    return "none" if rate is None else f"{rate:.3g}"
