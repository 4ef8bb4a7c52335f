"""TL504: `ReduceLROnPlateau` is stepped without the metric that it watches."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.finding import Confidence, Finding, Fix, Related, Severity
from trainlint.program.lengths import counts_up
from trainlint.program.query import Program
from trainlint.program.records import Called
from trainlint.program.values import Constant
from trainlint.rule import Rule

# How the learning rate, or what it is read from, is written.
_RATE = re.compile(r"""get_(last_)?lr\(|param_groups.*\[["']lr["']\]|(^|\W)(lr|learning_rate)$""")
_EPOCH = re.compile(r"(^|\W)(i_|n_)?epochs?(_?(idx|num|no|id|i))?( [-+] 1)?$")


class PlateauWithoutMetric(Rule):
    """A `ReduceLROnPlateau` is stepped without a metric, or with something that is none.

    ## What it finds
    `scheduler.step()` of a `ReduceLROnPlateau` with no argument, or with the number of the epoch, a constant, or the
    learning rate in place of the metric. Silent where the same line may step another kind of scheduler.

    ## Why it hurts
    Without an argument, the call raises `TypeError`, often hours later, when the first epoch ends. An epoch number
    only grows: in `min` mode no epoch after the first is an improvement, so with `patience=10` and `factor=0.1` the
    rate is divided by 10 every 11 epochs, whatever the model does; in `max` mode it never falls. A constant or the
    rate itself never improves at all.

    ## What to do
    Pass what is watched, as a number: `scheduler.step(validation_loss)`.

    ## When to ignore it
    When a subclass that is not seen here gives `step` another meaning.
    """

    code = "TL504"
    name = "plateau-without-metric"
    severity = Severity.ERROR
    since = "0.1"
    references = ("https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html",)
    bad = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=2)
inputs, targets = torch.randn(8, 4), torch.randn(8, 2)
for epoch in range(10):
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(inputs), targets)
    loss.backward()
    optimizer.step()
    scheduler.step(epoch)
"""
    good = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=2)
inputs, targets = torch.randn(8, 4), torch.randn(8, 2)
for epoch in range(10):
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(inputs), targets)
    loss.backward()
    optimizer.step()
    scheduler.step(loss.item())
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for schedule in program.schedules:
            if schedule.kind != "ReduceLROnPlateau":
                continue
            for step in schedule.steps:
                wrong = _wrong(step)
                if wrong is None or program.may_step_another(step, schedule):
                    continue
                what, confidence = wrong
                yield self.finding(
                    step.place,
                    f"`{schedule.name}` waits for a metric to stop improving, and is stepped with {what}",
                    related=(Related(schedule.made.place, f"`{schedule.name}` is made here"),),
                    evidence={"scheduler": schedule.name, "metric": step.written(0, "metrics") or None},
                    confidence=confidence,
                    fix=Fix(f"pass the watched metric to `{schedule.name}.step`"),
                )


def _wrong(step: Called) -> tuple[str, Confidence] | None:
    """Return what is given in place of a metric, and how sure that is; `None` where it may be one."""
    metric = step.arguments.get(0, "metrics")
    written = step.written(0, "metrics")
    if metric is None:
        return "none", Confidence.HIGH
    if isinstance(metric, Constant):
        return f"the constant {metric.value}", Confidence.HIGH
    if _RATE.search(written):
        return f"the learning rate, `{written}`", Confidence.MEDIUM
    if counts_up(metric):
        return f"the loop's counter, `{written}`", Confidence.HIGH
    if _EPOCH.search(written):
        return f"the epoch's number, `{written}`", Confidence.MEDIUM
    return None
