"""TL302: the gradient scaler steps and is never updated."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from trainlint.edit import Insert, Written
from trainlint.finding import Confidence, Finding, Fix, Location, Severity
from trainlint.operations import Kind, Operation
from trainlint.rule import Rule, State


@dataclass(frozen=True, slots=True)
class _Stepped:
    """A step of a scaler, and whether the scaler has been updated since, or may have been."""

    step: Operation
    updated: bool = False


class MissingScalerUpdate(Rule):
    """A gradient scaler steps an optimizer again and again and is never updated.

    ## What it finds
    A `scaler.step(optimizer)` that is reached a second time, for the same optimizer, with no `scaler.update()` since
    the first. One update after the steps of several optimizers is right, and so is an update only in those iterations
    that step.

    ## Why it hurts
    `update` closes the iteration: it looks for the infinities that `step` met, halves the scale where there were any,
    and doubles it after 2,000 steps without. Without it PyTorch stops at the second step: "step() has already been
    called since the last update()". Where the scaler is behind a switch, as in `GradScaler(enabled=args.amp)`, that
    comes on the day on which somebody sets the switch.

    ## What to do
    Call `scaler.update()` once at the end of each iteration that steps, after the last `scaler.step`.

    ## When to ignore it
    When something else updates the scaler between the two steps, out of sight of the reader. A run cannot tell of
    this mistake, since PyTorch stops it.
    """

    code = "TL302"
    name = "missing-scaler-update"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/amp.html#torch.amp.GradScaler.update",
        "https://docs.pytorch.org/docs/stable/notes/amp_examples.html#typical-mixed-precision-training",
    )
    bad = """
import sys
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scaler = torch.amp.GradScaler("cuda", enabled="--amp" in sys.argv)
for inputs, targets in [(torch.randn(8, 4), torch.randn(8, 2))] * 10:
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(inputs), targets)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
"""
    good = """
import sys
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scaler = torch.amp.GradScaler("cuda", enabled="--amp" in sys.argv)
for inputs, targets in [(torch.randn(8, 4), torch.randn(8, 2))] * 10:
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(inputs), targets)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
"""

    follows = frozenset({Kind.BUILD, Kind.SCALER_STEP, Kind.SCALER_UPDATE, Kind.UNKNOWN})
    needs = frozenset({Kind.SCALER_STEP})
    start: ClassVar[State] = frozenset()

    def advance(self, state: State, operation: Operation) -> State:
        assert isinstance(state, frozenset)
        match operation.kind:
            case Kind.SCALER_STEP if operation.optimizer is not None:
                others = {s for s in state if _pair(s.step) != _pair(operation)}
                return frozenset(others | {_Stepped(operation)})
            case Kind.SCALER_UPDATE | Kind.UNKNOWN:
                return frozenset(replace(s, updated=True) if _may_update(operation, s.step) else s for s in state)
            case Kind.BUILD:
                return frozenset(s for s in state if not _remakes(operation, s.step))
        return state

    def judge(self, operation: Operation, states: frozenset[State]) -> Iterator[Finding]:
        if operation.kind is not Kind.SCALER_STEP or operation.scaler is None or operation.optimizer is None:
            return
        if isinstance(operation.location, Location):
            return  # PyTorch stops an enabled scaler itself, and a run notes the steps of a disabled one as well
        ways: dict[Operation, list[bool]] = {}
        for state in states:
            assert isinstance(state, frozenset)
            for stepped in state:
                if _pair(stepped.step) == _pair(operation):
                    ways.setdefault(stepped.step, []).append(stepped.updated)
        if not any(not any(updated) for updated in ways.values()):
            return
        scaler = operation.scaler.name or "scaler"
        optimizer = operation.optimizer.name or "optimizer"
        names = (("scaler", Written(scaler, ("X.step",), operation.location)),)
        yield self.finding(
            operation.location,
            f"`{scaler}` steps `{optimizer}` again without `{scaler}.update()` since its last step",
            evidence={"scaler": scaler, "optimizer": optimizer, "updated": False},
            confidence=Confidence.HIGH if operation.scaler.known else Confidence.MEDIUM,
            fix=Fix(
                f"call `{scaler}.update()` after the last step of the iteration",
                True,
                (Insert(operation.location, "{scaler}.update()", "after", names, "refuse"),),
            ),
        )


def _pair(step: Operation) -> tuple[Hashable, Hashable]:
    return step.scaler, step.optimizer


def _may_update(operation: Operation, step: Operation) -> bool:
    if operation.scaler is not None:
        return operation.scaler == step.scaler
    return operation.models is None and operation.optimizer is None


def _remakes(build: Operation, step: Operation) -> bool:
    if build.scaler is not None:
        return build.scaler == step.scaler
    return build.scheduler is None and build.optimizer == step.optimizer
