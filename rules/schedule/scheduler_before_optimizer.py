"""TL501: the scheduler steps before the optimizer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from trainlint.edit import Move
from trainlint.finding import Confidence, Finding, Fix, Location, Place, Related, Severity, named
from trainlint.operations import Kind, Operation, Subject
from trainlint.program.query import Program
from trainlint.rule import Rule, State


@dataclass(frozen=True, slots=True)
class _Scheduled:
    """A scheduler since it was made: its first step, as long as its optimizer has taken none.

    `done`: its optimizer has stepped. `excused`: it may have, or the order is meant.
    """

    build: Operation
    early: Operation | None = None
    done: bool = False
    excused: bool = False


class SchedulerBeforeOptimizer(Rule):
    """The scheduler steps before the optimizer has taken a step.

    ## What it finds
    A `scheduler.step()` that comes, on every way from where the scheduler is made, before the first step of the
    optimizer that it drives: at the start of the epoch or of the batch rather than at the end. Each scheduler counts
    with its own optimizer. Silent for `scheduler.step(epoch)`, which says itself where the schedule stands, for a
    scheduler that is stepped several times in a row to catch up with a checkpoint, and where it depends.

    ## Why it hurts
    Since PyTorch 1.1, making the scheduler sets the first rate; a step before training goes straight to the second.
    The first value of the schedule is never used and each change comes one step early: `StepLR(step_size=30)` decays
    after 29 epochs, and with a warmup stepped in each of 5 epochs the lowest of 5 rates is left out. The code of
    2018 and before did it this way, and was right then.

    ## What to do
    Call `scheduler.step()` after `optimizer.step()`: at the end of the epoch, or of the batch for a per-batch schedule.

    ## When to ignore it
    When the first value of the schedule is to be skipped.
    """

    code = "TL501"
    name = "scheduler-before-optimizer"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate",
        "https://github.com/pytorch/pytorch/releases/tag/v1.1.0",
    )
    bad = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=3)
inputs, targets = torch.randn(8, 4), torch.randn(8, 2)
for epoch in range(9):
    scheduler.step()
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
        """Find it where the order is not followed from the making on: another function makes the scheduler."""
        for schedule in program.schedules:
            early = schedule.leads
            followed = schedule.optimizer is not None and schedule.made.root is not None
            if early is None or early.node.arguments or (followed and schedule.made.root is early.root):
                continue
            train = schedule.trains[0]
            optimizer = getattr(schedule.optimizer, "name", "")
            yield self._found(early.place, schedule.name, optimizer, schedule.made.place, train.place, False)

    follows = frozenset({Kind.BUILD, Kind.OPTIMIZER_STEP, Kind.SCALER_STEP, Kind.SCHEDULER_STEP, Kind.UNKNOWN})
    needs = frozenset({Kind.BUILD, Kind.SCHEDULER_STEP})
    start: ClassVar[State] = frozenset()
    judges_whole = True

    def advance(self, state: State, operation: Operation) -> State:
        assert isinstance(state, frozenset)
        match operation.kind:
            case Kind.BUILD if operation.scheduler is not None and operation.optimizer is not None:
                others = {s for s in state if s.build.scheduler != operation.scheduler}
                return frozenset(others | {_Scheduled(operation)})
            case Kind.SCHEDULER_STEP:
                return frozenset(
                    _schedule_moved(s, operation) if s.build.scheduler == operation.scheduler else s for s in state
                )
            case Kind.OPTIMIZER_STEP | Kind.SCALER_STEP:
                return frozenset(
                    replace(s, early=None, done=True) if s.build.optimizer == operation.optimizer else s for s in state
                )
            case Kind.UNKNOWN if operation.models is None and not operation.call.endswith("backward"):
                return frozenset(replace(s, excused=True) for s in state)
        return state

    def judge(self, operation: Operation, states: frozenset[State]) -> Iterator[Finding]:
        if operation.kind not in (Kind.OPTIMIZER_STEP, Kind.SCALER_STEP):
            return
        ways: dict[Subject | None, list[_Scheduled]] = {}
        for state in states:
            assert isinstance(state, frozenset)
            for scheduled in state:
                if scheduled.build.optimizer == operation.optimizer and not scheduled.done:
                    ways.setdefault(scheduled.build.scheduler, []).append(scheduled)
        for scheduler, waiting in ways.items():
            early = waiting[0].early
            if early is None or any(way.early is None or way.excused for way in waiting):
                continue
            name = "" if early.scheduler is None else early.scheduler.name
            subject = operation.optimizer
            optimizer = "" if subject is None else subject.name
            known = subject is not None and subject.known and scheduler is not None and scheduler.known
            yield self._found(early.location, name, optimizer, waiting[0].build.location, operation.location, known)

    def _found(
        self,
        early: Place | Location,
        name: str,
        optimizer: str,
        build: Place | Location,
        first: Place | Location,
        known: bool,
    ) -> Finding:
        edit = Move(early, behind=first)
        stepping, stepped = named(name, "the scheduler"), named(optimizer, "the optimizer")
        return self.finding(
            early,
            f"{stepping} steps before {stepped} has: the first rate of the schedule is never used",
            related=(
                Related(build, f"{stepping} is made here, and sets the first rate"),
                Related(first, f"the first step of {stepped}"),
            ),
            evidence={"scheduler": name, "optimizer": optimizer, "optimizer_steps_before": 0},
            confidence=Confidence.HIGH if known else Confidence.MEDIUM,
            fix=Fix(f"call `{name or 'scheduler'}.step()` after `{optimizer or 'optimizer'}.step()`", True, (edit,)),
        )


def _schedule_moved(scheduled: _Scheduled, step: Operation) -> _Scheduled:
    if scheduled.done or scheduled.excused:
        return scheduled
    if step.given is not False or scheduled.early is not None:  # told the epoch, or catching up with a checkpoint
        return replace(scheduled, excused=True)
    return replace(scheduled, early=step)
