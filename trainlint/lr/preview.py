"""`trainlint.preview_schedule`: the learning rates of a training, without training."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from torch.optim import Adam, AdamW, NAdam, Optimizer
from torch.optim.lr_scheduler import OneCycleLR, ReduceLROnPlateau

from trainlint.errors import UsageError
from trainlint.lr.groups import rates_of
from trainlint.lr.phases import phases
from trainlint.lr.randomness import global_random_state
from trainlint.lr.remarks import Course, Part, remarks
from trainlint.lr.schedule import SchedulePreview
from trainlint.lr.snapshot import Snapshot

Metric = Sequence[float] | Callable[[int], float]


def preview_schedule(scheduler: Any, steps: int, *, metric: Metric | None = None) -> SchedulePreview:
    """Show the learning rates of the next `steps` steps of a scheduler, without training.

    The scheduler itself is stepped, whatever its class, and afterwards it, its optimizer and the random state are put
    back as they were, bit for bit; weights and the optimizer's state are not touched.

    Args:
        scheduler: Any scheduler of `torch.optim.lr_scheduler`, or one with the same `optimizer` and `step`.
        steps: How often the training will step it: batches or epochs, whichever it counts.
        metric: For `ReduceLROnPlateau`, what it will be given at each step: values, or a function of the step.

    Raises:
        UsageError: the arguments do not fit the scheduler.
    """
    optimizer = getattr(scheduler, "optimizer", None)
    if not isinstance(optimizer, Optimizer):
        raise UsageError(f"{type(scheduler).__name__} has no optimizer, expected a learning-rate scheduler")
    if steps < 1:
        raise UsageError(f"steps={steps}: expected at least 1")
    tree = list(_tree(scheduler))
    values = _metric_values(scheduler, steps, metric)
    weights = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    kept = Snapshot(scheduler, optimizer, *_owners_of_functions(tree), without=(*weights, optimizer.state))
    undo_randomness = global_random_state(())
    from_start = all(getattr(part, "last_epoch", 0) <= 0 for part in tree) and not optimizer.state
    try:
        rates, error = _simulate(scheduler, optimizer, steps, values)
        parts = [_part(each, steps - len(rates)) for each in tree]
    finally:
        kept.restore()
        for undo in undo_randomness:
            undo()
    courses = [[row[group] for row in rates] for group in range(len(rates[0]))]
    leading = max(range(len(courses)), key=lambda group: max(courses[group]))
    found = tuple(phases(course) for course in courses)
    adam = type(optimizer) in (Adam, AdamW, NAdam)
    course = Course(courses[leading], found[leading], parts, values, adam, from_start)
    return SchedulePreview(type(scheduler).__name__, tuple(rates), found, tuple(remarks(course)), error)


def _simulate(
    scheduler: Any, optimizer: Optimizer, steps: int, values: Sequence[float]
) -> tuple[list[tuple[float, ...]], str | None]:
    """Return the rates of each step, and what ended them early."""
    rates = [rates_of(optimizer)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the optimizer does not step: torch warns of the order
        for step in range(steps):
            try:
                scheduler.step(*values[step : step + 1])
            except ValueError as error:
                if not any(
                    isinstance(part, OneCycleLR) and part.last_epoch > part.total_steps for part in _tree(scheduler)
                ):
                    raise
                return rates, f"step {step + 1:,} of the scheduler raises ValueError: {error}"
            if step + 1 < steps:
                rates.append(rates_of(optimizer))
    return rates, None


def _is_used_up(scheduler: Any) -> bool:
    return isinstance(scheduler, OneCycleLR) and scheduler.last_epoch > scheduler.total_steps


def _metric_values(scheduler: Any, steps: int, metric: Metric | None) -> list[float]:
    watches = isinstance(scheduler, ReduceLROnPlateau)
    if metric is None:
        if watches:
            raise UsageError(
                "`ReduceLROnPlateau` is stepped with the metric that it watches: pass `metric`, a list of its values "
                "or a function of the step"
            )
        return []
    if not watches:
        raise UsageError(f"metric is for `ReduceLROnPlateau`, and this is {type(scheduler).__name__}")
    values = [float(metric(step)) for step in range(steps)] if callable(metric) else [float(v) for v in metric[:steps]]
    if len(values) < steps:
        raise UsageError(f"metric has {len(values)} values, expected one for each of {steps} steps")
    return values


def _tree(scheduler: Any) -> Iterator[Any]:
    """Give a scheduler and those within it, the innermost last."""
    yield scheduler
    for part in getattr(scheduler, "_schedulers", ()):
        yield from _tree(part)


def _owners_of_functions(tree: Sequence[Any]) -> Iterator[object]:
    """Give the objects that compute factors for schedulers: they may count."""
    for scheduler in tree:
        for value in vars(scheduler).values():
            for function in value if isinstance(value, (list, tuple)) else (value,):
                if callable(function) and not isinstance(function, type):
                    yield getattr(function, "__self__", function)


def _part(scheduler: Any, missing: int) -> Part:
    """Return what is known of a scheduler; `missing` steps were asked for beyond those that it could take."""
    settings = {
        name: float(value) if isinstance(value, (int, float)) else value
        for name, value in vars(scheduler).items()
        if isinstance(value, (int, float, str))
    }
    return Part(type(scheduler).__name__, int(getattr(scheduler, "last_epoch", 0)) + missing, settings)
