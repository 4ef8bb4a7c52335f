"""What a range test's losses say: a smooth curve through them, and the rates that it suggests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

# Half-width of the smoothing, in decades of the rate: a third of the decade or so in which a loss turns from learning
# to divergence, and about 11 points of the default 100 over 8 decades.
WIDTH = 0.25
# How many standard deviations of one loss the smooth curve must fall. That of pure noise falls by about 1.1 of them.
CLEAR = 2.0


@dataclass(frozen=True, slots=True)
class Suggested:
    """The rates that a curve suggests, `None` where it has no clear fall, and why."""

    smoothed: tuple[float, ...]
    steepest: float | None
    valley: float | None
    reasons: dict[str, str]


def suggest(rates: Sequence[float], losses: Sequence[float]) -> Suggested:
    """Return the rates that a range test suggests."""
    smoothed = smooth(rates, losses)
    top, bottom = deepest_fall(smoothed)
    fall = smoothed[top] - smoothed[bottom]
    noise = spread(losses[: bottom + 1])
    if fall <= CLEAR * noise or bottom - top < 2:
        why = f"the loss has no clear fall: {fall:.3g} at most, where one batch differs from another by {noise:.3g}"
        return Suggested(smoothed, None, None, {"steepest": why, "valley": why})
    inner = range(max(top, 1), min(bottom, len(rates) - 2) + 1)
    steepest = min(inner, key=lambda place: _slope(rates, smoothed, place))
    floor = smoothed[bottom]
    middle = floor + fall / 2
    above = max(place for place in range(top, bottom) if smoothed[place] >= middle)
    part = (smoothed[above] - middle) / (smoothed[above] - smoothed[above + 1])
    valley = rates[above] * (rates[above + 1] / rates[above]) ** part
    slope = -_slope(rates, smoothed, steepest) * math.log(10)
    return Suggested(
        smoothed,
        rates[steepest],
        valley,
        {
            "steepest": f"the loss falls fastest here, by {slope:.3g} for ten times the rate",
            "valley": f"half of the longest fall is done, which goes from {smoothed[top]:.4g} at {rates[top]:.3g} "
            f"down to {floor:.4g} at {rates[bottom]:.3g}",
        },
    )


def smooth(rates: Sequence[float], losses: Sequence[float]) -> tuple[float, ...]:
    """Return the mean of the losses around each rate, with Gaussian weights of `WIDTH` decades.

    It looks to both sides and so does not lag, as a running average does. What lies above all losses before the lowest
    counts as the highest of these: how far a loss diverged says nothing of where it fell.
    """
    lowest = min(range(len(losses)), key=losses.__getitem__)
    ceiling = max(losses[: lowest + 1])
    capped = [min(loss, ceiling) for loss in losses]
    decades = [math.log10(rate) for rate in rates]
    smoothed = []
    for here in decades:
        weights = [math.exp(-(((there - here) / WIDTH) ** 2) / 2) for there in decades]
        smoothed.append(math.fsum(map(float.__mul__, weights, capped)) / math.fsum(weights))
    return tuple(smoothed)


def deepest_fall(values: Sequence[float]) -> tuple[int, int]:
    """Return the places between which a series falls the most, from the earlier down to the later."""
    highest = top = bottom = 0
    for place, value in enumerate(values):
        if value > values[highest]:
            highest = place
        if values[highest] - value > values[top] - values[bottom]:
            top, bottom = highest, place
    return top, bottom


def spread(losses: Sequence[float]) -> float:
    """Return the standard deviation of one loss, from how neighbours differ; a trend and outliers do not count."""
    steps = [after - before for before, after in pairwise(losses)]
    if not steps:
        return 0.0
    middle = median(steps)
    # 1.4826: a normal deviate's standard deviation over its median absolute deviation; a difference has two of them.
    return 1.4826 * median(abs(step - middle) for step in steps) / math.sqrt(2)


def _slope(rates: Sequence[float], values: Sequence[float], place: int) -> float:
    return (values[place + 1] - values[place - 1]) / math.log(rates[place + 1] / rates[place - 1])
