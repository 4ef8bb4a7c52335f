"""The curve and the suggestions, against slow computations with NumPy and curves whose answer is known."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

pytest.importorskip("torch")

from trainlint.lr.suggest import deepest_fall, smooth, spread, suggest


def rates(count: int = 100, first: float = 1e-7, last: float = 10.0) -> list[float]:
    return [float(rate) for rate in np.geomspace(first, last, count)]


def typical(noise: float = 0.0, seed: int = 0) -> list[float]:
    """A loss that falls from 2.3 to 0.3 around a rate of 1e-3, as a logistic curve of its logarithm, and rises at 1."""
    chance = np.random.default_rng(seed)
    decades = np.log10(rates())
    fall = 2.3 - 2.0 / (1 + np.exp(-(decades + 3) * 4))
    rise = np.exp((decades - 0.2) * 4)
    return [float(loss) for loss in fall + rise + noise * chance.standard_normal(100)]


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.2])
def test_the_suggestions_lie_where_the_loss_falls(noise: float) -> None:
    found = suggest(rates(), typical(noise))
    assert found.valley is not None
    assert found.steepest is not None
    assert math.log10(found.valley) == pytest.approx(-3, abs=0.35)
    assert math.log10(found.steepest) == pytest.approx(-3, abs=0.35)


def test_the_steepest_place_is_that_of_numpys_gradient() -> None:
    found = suggest(rates(), typical(0.05))
    assert found.steepest is not None
    top, bottom = slowly_deepest_fall(found.smoothed)
    slopes = np.gradient(found.smoothed, np.log(rates()))[top : bottom + 1]
    assert found.steepest == rates()[top + int(slopes.argmin())]
    assert found.reasons["steepest"] == (
        f"the loss falls fastest here, by {-slopes.min() * math.log(10):.3g} for ten times the rate"
    )


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.2])
def test_the_valley_is_where_half_of_the_fall_is_done(noise: float) -> None:
    found = suggest(rates(), typical(noise))
    top, bottom = slowly_deepest_fall(found.smoothed)
    fine = np.linspace(top, bottom, 100_001)
    curve = np.interp(fine, range(100), found.smoothed)
    half = fine[np.flatnonzero(curve >= (curve[0] + curve[-1]) / 2)[-1]]
    assert found.valley is not None
    assert math.log10(found.valley) == pytest.approx(np.interp(half, range(100), np.log10(rates())), abs=1e-4)
    assert f"from {found.smoothed[top]:.4g} at {rates()[top]:.3g} down to" in found.reasons["valley"]


def slowly_deepest_fall(values: Sequence[float]) -> tuple[int, int]:
    pairs = [(i, j) for i in range(len(values)) for j in range(i, len(values))]
    return max(pairs, key=lambda pair: values[pair[0]] - values[pair[1]])


def test_the_deepest_fall_is_the_deepest_of_all_pairs() -> None:
    chance = np.random.default_rng(3)
    for _ in range(200):
        values = [float(value) for value in chance.standard_normal(chance.integers(1, 12)).cumsum()]
        top, bottom = deepest_fall(values)
        slow_top, slow_bottom = slowly_deepest_fall(values)
        assert values[top] - values[bottom] == values[slow_top] - values[slow_bottom]
        assert top <= bottom


def test_smoothing_is_a_gaussian_mean_over_decades_of_losses_without_the_divergence() -> None:
    losses = [*typical(0.1), 1e9]
    xs = rates(101)
    decades = np.log10(xs)
    weights = np.exp(-(np.subtract.outer(decades, decades) ** 2) / (2 * 0.25**2))
    lowest = int(np.argmin(losses))
    capped = np.minimum(losses, max(losses[: lowest + 1]))
    assert smooth(xs, losses) == pytest.approx(weights @ capped / weights.sum(1), rel=1e-12)


def test_the_spread_of_noise_is_its_standard_deviation_whatever_the_trend() -> None:
    chance = np.random.default_rng(1)
    losses = [float(loss) for loss in 3 - 0.01 * np.arange(2000) + 0.2 * chance.standard_normal(2000)]
    assert spread(losses) == pytest.approx(0.2, rel=0.1)
    assert spread([1.0]) == 0.0


@pytest.mark.parametrize("seed", range(20))
def test_noise_alone_suggests_nothing(seed: int) -> None:
    chance = np.random.default_rng(seed)
    found = suggest(rates(), [float(loss) for loss in 2.3 + 0.3 * chance.standard_normal(100)])
    assert found.valley is None
    assert found.steepest is None
    assert "no clear fall" in found.reasons["valley"]


def test_a_loss_that_only_rises_suggests_nothing() -> None:
    found = suggest(rates(), [1.0 + 0.01 * place for place in range(100)])
    assert (found.valley, found.steepest) == (None, None)
