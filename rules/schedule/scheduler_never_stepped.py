"""TL502: a scheduler that nothing steps."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.finding import Confidence, Finding, Fix, Related, Severity
from trainlint.program.query import Program
from trainlint.program.schedules import Schedule
from trainlint.rule import Rule


class SchedulerNeverStepped(Rule):
    """A learning-rate scheduler is made and never stepped.

    ## What it finds
    A scheduler whose optimizer takes steps in a loop, while nothing steps the scheduler. Silent where it gets out of
    sight: handed to a trainer, a list, another scheduler or `accelerator.prepare`, returned to a caller that is not
    seen, kept where code that was not followed may find it.

    ## Why it hurts
    The rate stays at the first value of the schedule for the whole training. With a linear warmup that begins at 1 %
    that is a hundredth of the rate that was asked for; with a cosine from 0.1 to 0 over 100 epochs, the last epoch
    takes steps 4,000 times larger than it should.

    ## What to do
    Call `scheduler.step()` behind `optimizer.step()`, once per epoch or per batch, as the schedule counts.

    ## When to ignore it
    When the scheduler is there for its warmup's first value only, or for something else to step.
    """

    code = "TL502"
    name = "scheduler-never-stepped"
    severity = Severity.ERROR
    since = "0.1"
    references = ("https://docs.pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate",)
    bad = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=3)
inputs, targets = torch.randn(8, 4), torch.randn(8, 2)
for epoch in range(9):
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(model(inputs), targets).backward()
    optimizer.step()
"""
    good = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=3)
inputs, targets = torch.randn(8, 4), torch.randn(8, 2)
for epoch in range(9):
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(model(inputs), targets).backward()
    optimizer.step()
    scheduler.step()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        stepped = {id(schedule.made.node) for schedule in program.schedules if schedule.steps or schedule.handed}
        for schedule in program.schedules:
            train = next((train for train in schedule.trains if train.loops), None)
            if train is None or id(schedule.made.node) in stepped or _may_be_stepped_elsewhere(schedule, program):
                continue
            known = schedule.scheduler.name.isidentifier()
            yield self.finding(
                schedule.made.place,
                f"nothing steps `{schedule.name}`: the rate stays where it starts",
                related=(Related(train.place, f"`{train.text}` trains at the first rate"),),
                evidence={"scheduler": schedule.name, "kind": schedule.kind, "steps": 0},
                confidence=Confidence.HIGH if known else Confidence.MEDIUM,
                fix=Fix(f"call `{schedule.name}.step()` behind `{train.text}`"),
            )


def _may_be_stepped_elsewhere(schedule: Schedule, program: Program) -> bool:
    """Tell whether code that was not followed, or a scheduler that is not known, may be this one."""
    if any(said.base is schedule.scheduler and said.name == "step" for said in program.mentioned):
        return True  # `scheduler.step` without the call: TL104
    owner, _, name = schedule.scheduler.name.rpartition(".")
    file = "" if owner else schedule.made.place.file  # an attribute is reached from anywhere
    return program.beyond_reading(name, file) or program.steps_an_unknown_scheduler(schedule)
