"""TL301: gradients clipped while still multiplied by the loss scale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from trainlint.edit import Insert, Written
from trainlint.finding import Finding, Fix, Related, Severity
from trainlint.operations import Kind, Operation, Subject
from trainlint.rule import Rule, State


@dataclass(frozen=True, slots=True)
class _Scaled:
    """A scaled backward, and whose gradients have since been unscaled or cleared, or may have been (`None`: any)."""

    backward: Operation
    settled: frozenset[Subject] | None = frozenset()

    def settle(self, operation: Operation) -> _Scaled:
        if self.settled is None or operation.models is None:
            return replace(self, settled=None)
        own = set() if operation.optimizer is None else {operation.optimizer}
        return replace(self, settled=self.settled | operation.models | own)

    def is_settled(self, clip: Operation) -> bool:
        if not self.settled:
            return self.settled is None
        return clip.models is None or clip.optimizer in self.settled or bool(clip.models & self.settled)


class ClipBeforeUnscale(Rule):
    """Gradients are clipped while they are still multiplied by the loss scale.

    ## What it finds
    A call that clips gradients (`clip_grad_norm_`, `clip_grad_value_`) between the backward of a loss that a
    `GradScaler` has scaled and the `scaler.unscale_(optimizer)` or `scaler.step(optimizer)` that divides the gradients
    by the scale again. In the source, no way from that backward to the clip has the unscale; in a run, it happened.

    ## Why it hurts
    The scale starts at 65,536. A gradient of norm 0.5 has norm 32,768 when it is clipped to 1.0, so it is divided by
    32,768; the optimizer then divides it by the scale as well and steps with a gradient 32,768 times too small. The
    threshold in effect is `max_norm / scale`, and it moves whenever the scale does. Adam hides most of this, because
    it normalises the gradient's size; SGD all but stops.

    ## What to do
    Call `scaler.unscale_(optimizer)` once, after the last backward of the step and before clipping. `scaler.step`
    knows that it has been done and does not divide twice.

    ## When to ignore it
    When the threshold is itself multiplied by `scaler.get_scale()`.
    """

    code = "TL301"
    name = "clip-before-unscale"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/notes/amp_examples.html#gradient-clipping",
        "Micikevicius et al., Mixed Precision Training, ICLR 2018, section 3.2",
    )
    bad = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scaler = torch.amp.GradScaler()
for inputs, targets in [(torch.randn(8, 4), torch.randn(8, 2))] * 10:
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(inputs), targets)
    scaler.scale(loss).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
    scaler.step(optimizer)
    scaler.update()
"""
    good = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scaler = torch.amp.GradScaler()
for inputs, targets in [(torch.randn(8, 4), torch.randn(8, 2))] * 10:
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(inputs), targets)
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
    scaler.step(optimizer)
    scaler.update()
"""

    follows = frozenset({Kind.BACKWARD, Kind.UNSCALE, Kind.CLIP, Kind.SCALER_STEP, Kind.ZERO_GRAD, Kind.UNKNOWN})
    needs = frozenset({Kind.BACKWARD, Kind.CLIP})
    start: ClassVar[State] = frozenset()

    def advance(self, state: State, operation: Operation) -> State:
        assert isinstance(state, frozenset)
        match operation.kind:
            case Kind.BACKWARD if operation.scaled:
                return frozenset({_Scaled(operation)} | {s for s in state if s.backward != operation})
            case Kind.UNSCALE | Kind.SCALER_STEP | Kind.ZERO_GRAD | Kind.UNKNOWN:
                return frozenset(s.settle(operation) for s in state)
        return state

    def judge(self, operation: Operation, states: frozenset[State]) -> Iterator[Finding]:
        if operation.kind is not Kind.CLIP:
            return
        settled: dict[Operation, bool] = {}
        for state in states:
            assert isinstance(state, frozenset)
            for scaled in state:
                settled[scaled.backward] = settled.get(scaled.backward, False) or scaled.is_settled(operation)
        backward = next((b for b, done in settled.items() if not done and operation.concerns(b)), None)
        if backward is None:
            return
        scaler = backward.scaler.name if backward.scaler is not None else "scaler"
        optimizer = operation.optimizer.name if operation.optimizer is not None else "optimizer"
        names = (
            ("scaler", Written(scaler, ("X.scale",))),
            ("optimizer", Written(optimizer, ("{scaler}.step(X)",))),
        )
        yield self.finding(
            operation.location,
            f"`{_last(operation.call)}` clips gradients still multiplied by `{scaler}`'s loss scale",
            related=(Related(backward.location, f"backward of the loss that `{scaler}` scaled"),),
            evidence={"scaler": scaler, "unscaled": False},
            fix=Fix(
                f"call `{scaler}.unscale_({optimizer})` before clipping",
                True,
                (Insert(operation.location, "{scaler}.unscale_({optimizer})", "before", names, "refuse"),),
            ),
        )


def _last(call: str) -> str:
    return call.rpartition(".")[2]
