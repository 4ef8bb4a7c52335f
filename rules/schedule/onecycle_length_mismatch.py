"""TL507: a one-cycle schedule that is longer or shorter than training."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from trainlint.finding import Confidence, Finding, Fix, Related, Severity
from trainlint.program.lengths import Length, in_batches, length_of, ratio
from trainlint.program.query import Program
from trainlint.program.schedules import Schedule
from trainlint.program.values import Constant
from trainlint.rule import Rule

# Of the cycle, how much must be run. It anneals from 30 % of the steps on: at 90 % the rate, on a cosine, still has 5 %
# of the way from its peak to go.
ENOUGH = Fraction(9, 10)


class OnecycleLengthMismatch(Rule):
    """The length of a one-cycle schedule differs from the number of steps taken.

    ## What it finds
    A `OneCycleLR` whose `total_steps`, or `epochs * steps_per_epoch`, is less than the number of times that the loops
    step it, or more than that by over a tenth: other epochs in the schedule than in the loop, samples counted in place
    of batches, steps of gradient accumulation counted as if each batch were one. Lengths are compared as numbers or
    as symbols (`epochs * len(loader)`); where they rest on the defaults of command-line options, the confidence is
    medium. One that counts epochs and is stepped per batch, or the reverse, is `TL503`.

    ## Why it hurts
    One step too many raises `ValueError: Tried to step 1001 times`, at the end of training. With too few, the cycle is
    cut: at half of the steps of the default cycle the rate has 80 % of its peak, and training ends there, where it
    should have come down to 1/250,000 of it.

    ## What to do
    Set `total_steps` to the number of optimizer steps: epochs times `len(loader)`, divided by the number of batches
    that one step accumulates.

    ## When to ignore it
    When training is meant to end before the cycle does.
    """

    code = "TL507"
    name = "onecycle-length-mismatch"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html",
        "Smith and Topin, Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates, 2019",
    )
    bad = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=100)
inputs, targets = torch.randn(8, 4), torch.randn(8, 2)
for epoch in range(50):
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(model(inputs), targets).backward()
    optimizer.step()
    scheduler.step()
"""
    good = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=50)
inputs, targets = torch.randn(8, 4), torch.randn(8, 2)
for epoch in range(50):
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(model(inputs), targets).backward()
    optimizer.step()
    scheduler.step()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for schedule in program.schedules:
            asked = _total(schedule)
            taken = schedule.length
            if asked is None or taken is None:
                continue
            total, written = asked
            compared = ratio(taken, in_batches(total, taken))
            if compared is None or ENOUGH <= compared[0] <= 1:
                continue
            share, by_default = compared
            what = "the step after them raises an error" if share > 1 else "the cycle is cut before the rate comes down"
            yield self.finding(
                schedule.made.place,
                f"`{schedule.name}` is made for `{written}` steps and takes {float(share):.3g} times as many: {what}",
                related=(Related(schedule.steps[0].place, f"`{schedule.name}` is stepped here"),),
                evidence={
                    "scheduler": schedule.name,
                    "length": written,
                    "steps_over_length": round(float(share), 4),
                    "by_default": by_default,
                },
                confidence=Confidence.MEDIUM if by_default else Confidence.HIGH,
                fix=Fix("make the cycle as long as the number of times that the scheduler is stepped"),
            )


def _total(schedule: Schedule) -> tuple[Length, str] | None:
    """Return the length of a one-cycle schedule, and how it is written."""
    if schedule.kind != "OneCycleLR":
        return None
    total = schedule.argument(2, "total_steps")
    if total is not None and total != Constant(None):
        return length_of(total), schedule.made.written(2, "total_steps")
    epochs, steps = schedule.argument(3, "epochs"), schedule.argument(4, "steps_per_epoch")
    if epochs is None or steps is None:
        return None
    written = f"{schedule.made.written(3, 'epochs')} * {schedule.made.written(4, 'steps_per_epoch')}"
    return length_of(epochs) * length_of(steps), written
