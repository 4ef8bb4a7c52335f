"""TL506: a cosine schedule that does not end when training does."""

from __future__ import annotations

from collections.abc import Iterator
from math import cos, pi

from trainlint.finding import Confidence, Finding, Fix, Related, Severity
from trainlint.program.lengths import length_of, ratio
from trainlint.program.query import Program
from trainlint.program.values import Constant, Value
from trainlint.rule import Rule

# Of the way from the first rate down to `eta_min`, how much may be left at the end. Cosine annealing is flat there:
# training that ends 14 % before or after `T_max` leaves less than this.
LEFT_AT_END = 0.05


class CosineTMaxMismatch(Rule):
    """The `T_max` of a cosine schedule differs from the number of steps that the scheduler takes.

    ## What it finds
    A `CosineAnnealingLR` whose `T_max` is a number of steps far from how often the loops step it, so that training
    ends with more than 5 % of the way to `eta_min` left: stopped on the way down, or, past `T_max`, climbing again.
    Lengths are compared as numbers or as symbols (`epochs` with `epochs`); where they rest on the defaults of
    command-line options, the confidence is medium. Silent where training takes an odd number of times `T_max`: it
    ends at the floor, and the cycles may be meant. `T_max` in epochs, stepped per batch, is `TL503`.

    ## Why it hurts
    The rate after *t* steps is `eta_min + (lr - eta_min) * (1 + cos(pi * t / T_max)) / 2`, also past `T_max`. With
    `T_max=10` and 100 epochs it is back at its first value after 20, 40, … and 100 epochs: training ends at the full
    rate. With `T_max=200` and 100 epochs it ends at half of it. Either way the last, smallest steps are missing.

    ## What to do
    Pass the number of times that `scheduler.step()` is called, less those of a warmup. For cycles that are meant,
    `CosineAnnealingWarmRestarts` starts each at the full rate, at once.

    ## When to ignore it
    When a rate that climbs again is meant, as in cyclic schedules for snapshots.
    """

    code = "TL506"
    name = "cosine-t-max-mismatch"
    severity = Severity.WARN
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html",
        "Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, ICLR 2017",
    )
    bad = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
inputs, targets = torch.randn(8, 4), torch.randn(8, 2)
for epoch in range(100):
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(model(inputs), targets).backward()
    optimizer.step()
    scheduler.step()
"""
    good = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=100)
inputs, targets = torch.randn(8, 4), torch.randn(8, 2)
for epoch in range(100):
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(model(inputs), targets).backward()
    optimizer.step()
    scheduler.step()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for schedule in program.schedules:
            period = schedule.argument(1, "T_max")
            taken = schedule.length
            if schedule.kind != "CosineAnnealingLR" or period is None or taken is None or _is_fraction(period):
                continue
            compared = ratio(taken, length_of(period))
            if compared is None:
                continue
            share, by_default = compared
            left = (1 + cos(pi * float(share))) / 2
            if left <= LEFT_AT_END:
                continue
            written = schedule.made.written(1, "T_max")
            share_text = f"{float(share):.3g}"
            end = "climbs again" if share > 1 else "stops on its way down"
            yield self.finding(
                schedule.made.place,
                f"`{schedule.name}` takes {share_text} times `T_max={written}` steps: the rate {end}, to {left:.0%}",
                related=(Related(schedule.steps[0].place, f"`{schedule.name}` is stepped here"),),
                evidence={
                    "scheduler": schedule.name,
                    "T_max": written,
                    "steps_over_T_max": round(float(share), 4),
                    "left_at_end": round(left, 4),
                    "by_default": by_default,
                },
                confidence=Confidence.MEDIUM if by_default or share > 1 else Confidence.HIGH,
                fix=Fix("set `T_max` to the number of times that the scheduler is stepped"),
            )


def _is_fraction(period: Value) -> bool:
    """Tell whether a period is computed as a part of something, which says that cycles are meant."""
    lengths = length_of(period).terms.values()
    return not isinstance(period, Constant) and any(factor.denominator != 1 for factor, _ in lengths)
