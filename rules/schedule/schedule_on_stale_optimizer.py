"""TL508: the scheduler goes on driving an optimizer that has been replaced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from trainlint.finding import Confidence, Finding, Fix, Related, Severity
from trainlint.operations import Kind, Operation, Subject
from trainlint.rule import Rule, State


@dataclass(frozen=True, slots=True)
class _Driven:
    """A scheduler since it was made: the optimizer made after its own, and that one's step, if its own took none since.

    `owned`: the newer optimizer has a scheduler of its own.
    """

    build: Operation
    rebuilt: Operation | None = None
    stepped: Operation | None = None
    owned: bool = False


class ScheduleOnStaleOptimizer(Rule):
    """The optimizer was rebuilt, and the scheduler goes on setting the rate of the old one.

    ## What it finds
    A variable that holds an optimizer is given another one after a scheduler was made for the first, the new optimizer
    takes the steps, and the old scheduler is stepped on while no scheduler was made for the new one. In the source
    that is told by the name: two optimizers under two names are two optimizers.

    ## Why it hurts
    A scheduler holds the optimizer that it was made with, and writes to that one's parameter groups. The new optimizer
    keeps its first rate for good: with a cosine from 0.1 to 0 over 100 epochs, the last epoch takes steps 4,000 times
    larger than it should, and `scheduler.get_last_lr()` prints the rate that nobody uses.

    ## What to do
    Make the scheduler again, behind the new optimizer; or change the old optimizer, with `add_param_group` or through
    its `param_groups`, in place of making another.

    ## When to ignore it
    When the new optimizer should have a constant rate; then stop stepping the scheduler.
    """

    code = "TL508"
    name = "schedule-on-stale-optimizer"
    severity = Severity.ERROR
    since = "0.1"
    references = ("https://docs.pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate",)
    bad = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=3)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
inputs, targets = torch.randn(8, 4), torch.randn(8, 2)
for epoch in range(9):
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(model(inputs), targets).backward()
    optimizer.step()
    scheduler.step()
"""
    good = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=3)
inputs, targets = torch.randn(8, 4), torch.randn(8, 2)
for epoch in range(9):
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(model(inputs), targets).backward()
    optimizer.step()
    scheduler.step()
"""

    follows = frozenset({Kind.BUILD, Kind.OPTIMIZER_STEP, Kind.SCALER_STEP, Kind.SCHEDULER_STEP})
    needs = frozenset({Kind.BUILD, Kind.SCHEDULER_STEP})
    start: ClassVar[State] = frozenset()

    def advance(self, state: State, operation: Operation) -> State:
        assert isinstance(state, frozenset)
        match operation.kind:
            case Kind.BUILD if operation.scheduler is not None and operation.optimizer is not None:
                others = {
                    replace(s, owned=s.owned or _is(operation.optimizer, s.rebuilt))
                    for s in state
                    if s.build.scheduler != operation.scheduler
                }
                return frozenset(others | {_Driven(operation)})
            case Kind.BUILD if operation.optimizer is not None and operation.scheduler is None:
                return frozenset(
                    _Driven(s.build)
                    if s.build.optimizer == operation.optimizer
                    else replace(s, rebuilt=operation, stepped=None, owned=False)
                    for s in state
                )
            case Kind.OPTIMIZER_STEP | Kind.SCALER_STEP:
                return frozenset(_optimizer_stepped(s, operation) for s in state)
        return state

    def judge(self, operation: Operation, states: frozenset[State]) -> Iterator[Finding]:
        if operation.kind is not Kind.SCHEDULER_STEP or operation.optimizer is None:
            return
        for state in states:
            assert isinstance(state, frozenset)
            for driven in state:
                rebuilt, stepped = driven.rebuilt, driven.stepped
                if rebuilt is None or stepped is None or driven.owned or driven.build.scheduler != operation.scheduler:
                    continue
                old, new, name = operation.optimizer, stepped.optimizer, operation.scheduler
                if new is None or not new.name or new.name != old.name:
                    continue
                scheduler = name.name if name is not None and name.name else "scheduler"
                yield self.finding(
                    operation.location,
                    f"`{scheduler}` sets the rate of an optimizer that is no longer used: `{new.name}` was made anew",
                    related=(
                        Related(driven.build.location, f"`{scheduler}` is made for the first `{old.name}`"),
                        Related(rebuilt.location, f"`{new.name}` is made anew here"),
                    ),
                    evidence={"scheduler": scheduler, "optimizer": new.name},
                    confidence=Confidence.HIGH if old.known and new.known else Confidence.MEDIUM,
                    fix=Fix(f"make `{scheduler}` again behind the new `{new.name}`"),
                )
                return


def _is(optimizer: Subject, build: Operation | None) -> bool:
    return build is not None and build.optimizer == optimizer


def _optimizer_stepped(driven: _Driven, step: Operation) -> _Driven:
    if driven.build.optimizer == step.optimizer:
        return replace(driven, stepped=None)
    newer = step.optimizer is not None and _is(step.optimizer, driven.rebuilt)
    return replace(driven, stepped=step) if newer else driven
