"""What a preview says: the phases of schedules, and the mistakes in them under the codes of their rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam, Optimizer
from torch.optim import lr_scheduler as lr

import trainlint
from trainlint.lr.phases import phases
from trainlint.lr.schedule import SchedulePreview
from trainlint.registry import all_rules


def preview(
    make: Callable[[Optimizer], Any], steps: int, *, cls: Callable[..., Optimizer] = SGD, metric: Any = None
) -> SchedulePreview:
    return trainlint.preview_schedule(make(cls(nn.Linear(2, 2).parameters(), lr=0.1)), steps, metric=metric)


def warmup_cosine(warmup: int, period: int) -> Callable[[Optimizer], Any]:
    return lambda o: lr.SequentialLR(
        o, [lr.LinearLR(o, 0.01, total_iters=warmup), lr.CosineAnnealingLR(o, period)], milestones=[warmup]
    )


@pytest.mark.parametrize(
    ("make", "steps", "expected"),
    [
        (warmup_cosine(50, 950), 1000, ["warmup 0-50", "decay 50-999"]),
        (lambda o: lr.StepLR(o, 30), 90, ["hold 0-29", "drop 29-30", "hold 30-59", "drop 59-60", "hold 60-89"]),
        (lambda o: lr.CosineAnnealingLR(o, 50), 150, ["decay 0-50", "climb 50-100", "decay 100-149"]),
        (
            lambda o: lr.CosineAnnealingWarmRestarts(o, 10, 2),
            70,
            ["decay 0-9", "restart 9-10", "decay 10-29", "restart 29-30", "decay 30-69"],
        ),
        (lambda o: lr.ConstantLR(o, 0.5, 10), 40, ["hold 0-9", "jump 9-10", "hold 10-39"]),
        (lambda o: lr.OneCycleLR(o, 0.1, total_steps=100), 100, ["warmup 0-29", "decay 29-99"]),
        (lambda o: lr.PolynomialLR(o, 50), 100, ["decay 0-50", "hold 50-99"]),
        (lambda o: lr.StepLR(o, 5, 0.5), 60, ["hold 0-4", "drops 4-55", "hold 55-59"]),
        (lambda o: lr.LambdaLR(o, lambda step: 1.0), 60, ["hold 0-59"]),
        (lambda o: lr.ExponentialLR(o, 0.1), 1, ["hold 0-0"]),
        (lambda o: lr.CosineAnnealingLR(o, 1_000), 1_000, ["decay 0-999"]),
    ],
)
def test_the_phases_of_schedules(make: Callable[[Optimizer], Any], steps: int, expected: list[str]) -> None:
    (found,) = preview(make, steps).phases
    assert [f"{phase.kind} {phase.start}-{phase.stop}" for phase in found] == expected


def test_phases_follow_each_other_and_have_the_rates_of_their_ends() -> None:
    rates = [row[0] for row in preview(warmup_cosine(7, 20), 80).rates]
    found = phases(rates)
    assert [phase.start for phase in found] == [0, *(phase.stop for phase in found[:-1])]
    assert found[-1].stop == len(rates) - 1
    assert [(p.first, p.last) for p in found] == [(rates[p.start], rates[p.stop]) for p in found]


def test_the_phases_are_told_in_words() -> None:
    assert preview(warmup_cosine(50, 950), 1000).words == (
        "steps 0 to 50: warmup from 0.001 to 0.1, 5 % of the steps",
        "steps 50 to 999: decay from 0.1 to 2.734e-07",
        "end: the last step is taken at 2.734e-07, 0.000273 % of the highest",
    )


def test_a_group_in_proportion_is_told_by_its_factor() -> None:
    layers = [nn.Linear(2, 2) for _ in range(3)]
    rates = (0.1, 0.02, 0.1)
    optimizer = SGD([{"params": layer.parameters(), "lr": lr} for layer, lr in zip(layers, rates, strict=True)])
    scheduler = lr.LambdaLR(optimizer, [lambda step: 0.9**step, lambda step: 0.9**step, lambda step: 1.0])
    assert trainlint.preview_schedule(scheduler, 20).words == (
        "group 0, steps 0 to 19: decay from 0.1 to 0.01351",
        "group 0, end: the last step is taken at 0.01351, 13.5 % of the highest",
        "group 1: 0.2 times the rate of group 0",
        "group 2, steps 0 to 19: stays at 0.1",
        "group 2, end: the last step is taken at 0.1, 100 % of the highest",
    )


def falling(step: int) -> float:
    return 2.0 / (step + 1)


def overfit(step: int) -> float:
    return 2.0 - 0.1 * step if step < 5 else 1.5 + 0.01 * step


def plateau(mode: Any) -> Callable[[Optimizer], Any]:
    return lambda o: lr.ReduceLROnPlateau(o, mode=mode, patience=100)


@pytest.mark.parametrize(
    ("make", "steps", "metric", "expected"),
    [
        (lambda o: lr.CosineAnnealingLR(o, 50), 100, None, ["TL506"]),
        (lambda o: lr.CosineAnnealingLR(o, 200), 100, None, ["TL506"]),
        (lambda o: lr.CosineAnnealingLR(o, 100), 95, None, []),
        (lambda o: lr.CosineAnnealingLR(o, 5000), 50, None, ["TL503"]),
        (warmup_cosine(5, 95), 100, None, []),
        (warmup_cosine(5, 100), 100, None, []),
        (warmup_cosine(5, 30), 100, None, ["TL506"]),
        (lambda o: lr.OneCycleLR(o, 0.1, total_steps=100), 100, None, []),
        (lambda o: lr.OneCycleLR(o, 0.1, total_steps=100), 50, None, ["TL507"]),
        (lambda o: lr.OneCycleLR(o, 0.1, total_steps=100), 150, None, ["TL507"]),
        (lambda o: lr.OneCycleLR(o, 0.1, epochs=10, steps_per_epoch=500), 10, None, ["TL503"]),
        (lambda o: lr.CyclicLR(o, 0.01, 0.1), 90, None, ["TL503"]),
        (lambda o: lr.CyclicLR(o, 0.01, 0.1, step_size_up=10), 90, None, []),
        (lambda o: lr.StepLR(o, 1), 30, None, ["TL511"]),
        (lambda o: lr.StepLR(o, 10), 30, None, []),
        (lambda o: lr.StepLR(o, 30), 30, None, [""]),
        (lambda o: lr.PolynomialLR(o, 50), 100, None, ["TL511"]),
        (lambda o: lr.PolynomialLR(o, 100), 100, None, []),
        (lambda o: lr.PolynomialLR(o, 200), 100, None, [""]),
        (lambda o: lr.CosineAnnealingWarmRestarts(o, 10), 40, None, []),
        (lambda o: lr.CosineAnnealingWarmRestarts(o, 10), 44, None, [""]),
        (warmup_cosine(40, 60), 100, None, [""]),
        (warmup_cosine(2, 998), 1000, None, [""]),
        (lambda o: lr.LinearLR(o, 1e-3, total_iters=5), 100, None, []),
        (plateau("min"), 30, falling, []),
        (plateau("min"), 30, overfit, []),
        (plateau("max"), 30, falling, ["TL505"]),
        (plateau("min"), 30, lambda step: -falling(step), ["TL505"]),
        (plateau("max"), 30, lambda step: -falling(step), []),
        (plateau("max"), 30, lambda step: 0.5, []),
    ],
)
def test_what_may_be_wrong(make: Callable[[Optimizer], Any], steps: int, metric: Any, expected: list[str]) -> None:
    assert [remark.code for remark in preview(make, steps, metric=metric).remarks] == expected


def test_only_adam_without_warmup_is_told_of_it() -> None:
    cosine = lambda o: lr.CosineAnnealingLR(o, 100)  # noqa: E731
    assert [remark.code for remark in preview(cosine, 100, cls=Adam).remarks] == ["TL510"]
    assert preview(warmup_cosine(5, 95), 100, cls=Adam).remarks == ()
    assert preview(cosine, 100, cls=SGD).remarks == ()
    optimizer = Adam(nn.Linear(2, 2).parameters(), lr=0.1)
    scheduler = warmup_cosine(5, 95)(optimizer)
    for _ in range(5):
        optimizer.step()
        scheduler.step()
    assert trainlint.preview_schedule(scheduler, 95).remarks == ()  # the warmup is over


def test_the_words_are_those_of_the_rules() -> None:
    messages = [
        str(remark)
        for make, steps in (
            (lambda o: lr.CosineAnnealingLR(o, 50), 100),
            (lambda o: lr.OneCycleLR(o, 0.1, total_steps=100), 150),
        )
        for remark in preview(make, steps).remarks
    ]
    assert messages == [
        (
            "TL506 cosine-t-max-mismatch: `CosineAnnealingLR` takes 2 times `T_max=50` steps: "
            "the rate climbs again, to 100%"
        ),
        (
            "TL507 onecycle-length-mismatch: `OneCycleLR` is made for `total_steps=100` steps and takes 1.5 times as "
            "many: the step after them raises an error"
        ),
    ]


def test_codes_names_and_severities_are_those_of_the_catalogue() -> None:
    rules = {rule.code: rule for rule in all_rules()}
    cases: list[tuple[Callable[[Optimizer], Any], int, Any]] = [
        (lambda o: lr.CosineAnnealingLR(o, 50), 100, None),
        (lambda o: lr.OneCycleLR(o, 0.1, total_steps=100), 50, None),
        (lambda o: lr.CyclicLR(o, 0.01, 0.1), 90, None),
        (plateau("max"), 30, falling),
    ]
    for make, steps, metric in cases:
        (remark,) = preview(make, steps, metric=metric).remarks
        rule = rules[remark.code]
        assert (remark.name, remark.severity) == (rule.name, rule.severity)


def test_the_preview_is_shown_in_terminal_notebook_and_file(tmp_path: Any) -> None:
    shown = preview(lambda o: lr.CosineAnnealingLR(o, 50), 100)
    text = str(shown)
    assert text.startswith("learning rate by step, CosineAnnealingLR\n")
    assert "steps 50 to 99: climbs again, from 0 to 0.0999" in text
    assert "TL506 cosine-t-max-mismatch" in text
    assert max(map(len, text.splitlines())) <= 100
    html = shown._repr_html_()
    assert "<svg" in html
    assert "TL506" in html
    shown.save(tmp_path / "rate.svg")
    assert "<polyline" in (tmp_path / "rate.svg").read_text()
    assert repr(shown) == "SchedulePreview(CosineAnnealingLR, 100 steps, 1 remarks)"


def test_a_long_schedule_of_many_cycles_stays_short() -> None:
    shown = preview(lambda o: lr.CyclicLR(o, 0.01, 0.1, step_size_up=5), 20_000)
    lines = str(shown).splitlines()
    assert len(lines) < 30
    assert lines[-1].startswith("end: the last step")
    assert len(shown.svg()) < 60_000
    assert torch.tensor(shown.rates).max() == pytest.approx(0.1)
