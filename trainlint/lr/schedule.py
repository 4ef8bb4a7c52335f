"""What `preview_schedule` gives: the rates of each group, their phases, and what the schedule rules say of them."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import RenderableType

from trainlint.lr.phases import Phase, describe
from trainlint.lr.remarks import Remark
from trainlint.lr.shown import Shown
from trainlint.report.schedule import ScheduleView, draw_schedule


@dataclass(frozen=True, slots=True, repr=False)
class SchedulePreview(Shown):
    """The course of a schedule over a training that has not taken place."""

    name: str
    rates: tuple[tuple[float, ...], ...]
    """For each optimizer step from now on, the rate of each parameter group in it."""
    phases: tuple[tuple[Phase, ...], ...]
    """For each parameter group, its phases."""
    remarks: tuple[Remark, ...]
    """What may be wrong, most of it under the code of the rule that finds it in source."""
    error: str | None
    """What the scheduler raised before the last step; the rates end there."""

    @property
    def words(self) -> tuple[str, ...]:
        """Return the phases in words; of a group in proportion to an earlier one, only the factor."""
        steps = len(self.rates)
        lines: list[str] = []
        courses = [[row[group] for row in self.rates] for group in range(len(self.phases))]
        for group, course in enumerate(courses):
            prefix = f"group {group}, " if len(courses) > 1 else ""
            twin = next((other for other in range(group) if _factor(courses[other], course) is not None), None)
            if twin is not None:
                lines.append(f"group {group}: {_factor(courses[twin], course):.4g} times the rate of group {twin}")
                continue
            lines += [prefix + describe(phase, steps) for phase in self.phases[group]]
            peak = max(course)
            share = f", {100 * course[-1] / peak:.3g} % of the highest" if peak > 0 else ""
            lines.append(f"{prefix}end: the last step is taken at {course[-1]:.4g}{share}")
        return tuple(lines)

    def svg(self) -> str:
        """Return the plot, as a picture that needs nothing else."""
        return draw_schedule(self)

    def __rich__(self) -> RenderableType:
        return ScheduleView(self)

    def __repr__(self) -> str:
        return f"SchedulePreview({self.name}, {len(self.rates)} steps, {len(self.remarks)} remarks)"

    def _lines(self) -> list[str]:
        return [*self.words, *map(str, self.remarks), *([self.error] if self.error else [])]


def _factor(one: list[float], other: list[float]) -> float | None:
    """Return how many times `one` the other course is, `None` where it has one of its own."""
    peak = max(one)
    if peak <= 0:
        return None
    factor = max(other) / peak
    return factor if all(abs(b - factor * a) <= 1e-9 * factor * peak for a, b in zip(one, other, strict=True)) else None
