"""`preview_schedule` against training that steps for real, and what it leaves: nothing."""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam, Optimizer
from torch.optim import lr_scheduler as lr

import trainlint
from tests.lr.conftest import randomness, values
from trainlint.errors import UsageError


def make_optimizer(cls: Callable[..., Optimizer] = SGD, **options: Any) -> Optimizer:
    layers = nn.Linear(3, 2), nn.Linear(2, 2)
    groups = [{"params": layers[0].parameters(), "lr": 0.1}, {"params": layers[1].parameters(), "lr": 0.02}]
    return cls(groups, **({"momentum": 0.9} if cls is SGD else {}), **options)


class Halving:
    """A factor that is not told by the step alone."""

    def __init__(self) -> None:
        self.factor = 1.0
        self.calls = 0

    def __call__(self, step: int) -> float:
        self.calls += 1
        self.factor *= 0.9
        return self.factor

    def by_method(self, step: int) -> float:
        return self(step)


def one_cycle(optimizer: Optimizer) -> Any:
    return lr.OneCycleLR(optimizer, [0.2, 0.1], total_steps=40)


SCHEDULES: dict[str, Callable[[Optimizer], Any]] = {
    "lambda": lambda o: lr.LambdaLR(o, [lambda step: 0.9**step, lambda step: min(1.0, step / 10)]),
    "counting-lambda": lambda o: lr.LambdaLR(o, Halving()),
    "method-lambda": lambda o: lr.MultiplicativeLR(o, Halving().by_method),
    "random-lambda": lambda o: lr.LambdaLR(o, lambda step: random.random()),
    "step": lambda o: lr.StepLR(o, 7),
    "multi-step": lambda o: lr.MultiStepLR(o, [5, 30]),
    "exponential": lambda o: lr.ExponentialLR(o, 0.9),
    "polynomial": lambda o: lr.PolynomialLR(o, 20),
    "cosine": lambda o: lr.CosineAnnealingLR(o, 15, eta_min=1e-3),
    "warmup-cosine": lambda o: lr.SequentialLR(
        o, [lr.LinearLR(o, 0.01, total_iters=5), lr.CosineAnnealingLR(o, 35)], milestones=[5]
    ),
    "nested": lambda o: lr.ChainedScheduler(
        [lr.SequentialLR(o, [lr.ConstantLR(o, 0.5, 3), lr.ExponentialLR(o, 0.8)], milestones=[4]), lr.StepLR(o, 9)]
    ),
    "chained": lambda o: lr.ChainedScheduler([lr.LinearLR(o, 0.1, total_iters=4), lr.ExponentialLR(o, 0.95)]),
    "one-cycle": one_cycle,
    "cyclic": lambda o: lr.CyclicLR(o, 0.01, 0.1, step_size_up=6, mode="exp_range", gamma=0.99),
    "cyclic-function": lambda o: lr.CyclicLR(o, 0.01, 0.1, step_size_up=6, scale_fn=lambda x: 1 / x),
    "restarts": lambda o: lr.CosineAnnealingWarmRestarts(o, 5, 2),
    "plateau": lambda o: lr.ReduceLROnPlateau(o, patience=2, cooldown=1, min_lr=[1e-4, 1e-3]),
    "swa": lambda o: torch.optim.swa_utils.SWALR(o, 0.05, anneal_epochs=8),
}


def metric(step: int) -> float:
    return max(1.0, 3 - 0.2 * step)


def step(scheduler: Any, place: int) -> None:
    if isinstance(scheduler, lr.ReduceLROnPlateau):
        scheduler.step(metric(place))
    else:
        scheduler.step()


def by_training(optimizer: Optimizer, scheduler: Any, steps: int, first: int = 0) -> list[tuple[float, ...]]:
    rates = []
    for place in range(first, first + steps):
        rates.append(tuple(float(group["lr"]) for group in optimizer.param_groups))
        optimizer.step()
        step(scheduler, place)
    return rates


@pytest.mark.parametrize("before", [0, 6], ids=["from-the-start", "in-the-middle"])
@pytest.mark.parametrize("optimizer_class", [SGD, Adam])
@pytest.mark.parametrize("make", SCHEDULES.values(), ids=SCHEDULES)
def test_the_rates_are_those_of_training_and_nothing_is_left(
    make: Callable[[Optimizer], Any], optimizer_class: Any, before: int
) -> None:
    optimizer = make_optimizer(optimizer_class)
    scheduler = make(optimizer)
    parts = [scheduler, *getattr(scheduler, "_schedulers", ())]
    by_training(optimizer, scheduler, before)
    functions = [vars(f) for p in parts for f in getattr(p, "lr_lambdas", ()) if isinstance(f, Halving)]
    state = values([optimizer, parts, functions]), randomness()
    given = (lambda place: metric(place + before)) if isinstance(scheduler, lr.ReduceLROnPlateau) else None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        preview = trainlint.preview_schedule(scheduler, 34, metric=given)
    assert (values([optimizer, parts, functions]), randomness()) == state
    assert preview.rates == tuple(by_training(optimizer, scheduler, 34, first=before))
    assert preview.error is None


def test_rates_that_are_tensors_stay_the_same_tensors() -> None:
    layer = nn.Linear(2, 2)
    rate = torch.tensor(0.1)
    optimizer = Adam(layer.parameters(), lr=rate)
    scheduler = lr.ExponentialLR(optimizer, 0.5)
    preview = trainlint.preview_schedule(scheduler, 4)
    assert [row[0] for row in preview.rates] == pytest.approx([0.1, 0.05, 0.025, 0.0125])
    assert optimizer.param_groups[0]["lr"] is rate
    assert rate.item() == pytest.approx(0.1)


def test_warmup_and_cosine_have_a_closed_form() -> None:
    optimizer = make_optimizer()
    scheduler = SCHEDULES["warmup-cosine"](optimizer)
    rates = [row[0] for row in trainlint.preview_schedule(scheduler, 40).rates]
    ramp = [0.1 * (0.01 + 0.99 * step / 5) for step in range(5)]
    cosine = [0.05 * (1 + math.cos(math.pi * step / 35)) for step in range(35)]
    assert rates == pytest.approx(ramp + cosine)


def test_the_warning_about_a_scheduler_that_leads_is_not_lost() -> None:
    optimizer = make_optimizer()
    scheduler = lr.StepLR(optimizer, 3)
    trainlint.preview_schedule(scheduler, 10)
    with pytest.warns(UserWarning, match="before `optimizer.step"):
        scheduler.step()


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt])
def test_an_exception_passes_through_and_leaves_nothing(kind: type[BaseException]) -> None:
    def factor(step: int) -> float:
        if step == 5:
            raise kind("the user's own")
        return 1 / (step + 1)

    optimizer = make_optimizer()
    scheduler = lr.LambdaLR(optimizer, factor)
    state = values([optimizer, scheduler])
    with pytest.raises(kind, match="the user's own"):
        trainlint.preview_schedule(scheduler, 10)
    assert values([optimizer, scheduler]) == state


def test_a_cycle_that_is_too_short_ends_where_training_would() -> None:
    optimizer = make_optimizer()
    scheduler = one_cycle(optimizer)
    state = values([optimizer, scheduler])
    preview = trainlint.preview_schedule(scheduler, 60)
    assert values([optimizer, scheduler]) == state
    assert len(preview.rates) == 41
    assert preview.error is not None
    assert preview.error.startswith("step 41 of the scheduler raises ValueError: Tried to step 41 times")


def test_a_metric_is_a_list_or_a_function_of_the_step() -> None:
    previews = []
    for given in (metric, [metric(step) for step in range(50)]):
        scheduler = SCHEDULES["plateau"](make_optimizer())
        previews.append(trainlint.preview_schedule(scheduler, 20, metric=given))
    assert previews[0].rates == previews[1].rates
    assert previews[0].rates[-1] != previews[0].rates[0]


def test_what_cannot_be_is_said() -> None:
    optimizer = make_optimizer()
    plateau, steps = lr.ReduceLROnPlateau(optimizer), lr.StepLR(optimizer, 3)
    cases: list[tuple[str, Callable[[], object]]] = [
        ("SGD has no optimizer, expected a learning-rate sch", lambda: trainlint.preview_schedule(optimizer, 3)),
        ("steps=0", lambda: trainlint.preview_schedule(steps, 0)),
        ("is stepped with the metric that it watches", lambda: trainlint.preview_schedule(plateau, 3)),
        ("metric has 2 values", lambda: trainlint.preview_schedule(plateau, 3, metric=[1.0, 2.0])),
        ("and this is StepLR", lambda: trainlint.preview_schedule(steps, 3, metric=[1.0, 2.0, 3.0])),
    ]
    for message, call in cases:
        with pytest.raises(UsageError) as caught:
            call()
        assert message in str(caught.value)
