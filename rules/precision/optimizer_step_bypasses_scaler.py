"""TL303: an optimizer steps with gradients that still carry the loss scale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from trainlint.edit import Insert, Rewrite, Written
from trainlint.finding import Confidence, Finding, Fix, Location, Place, Related, Severity
from trainlint.operations import Kind, Operation, Role, Subject
from trainlint.program.query import Program
from trainlint.program.readings import readings
from trainlint.program.records import Called
from trainlint.program.values import Constant, Object, Unknown, Value
from trainlint.rule import Rule, State

# What code asks that looks at its gradients before it steps by itself.
ASKS = tuple(f"{home}.{name}" for home in ("torch", "math", "numpy", "") for name in ("isfinite", "isnan", "isinf"))


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

    def is_settled(self, step: Operation) -> bool:
        if not self.settled:
            return self.settled is None
        return step.models is None or step.optimizer in self.settled or bool(step.models & self.settled)


class OptimizerStepBypassesScaler(Rule):
    """An optimizer steps by itself with gradients that still carry the loss scale.

    ## What it finds
    `optimizer.step()` after the backward of a loss that a `GradScaler` has scaled, where nothing has divided the
    gradients by the scale again. And, in the source only, `optimizer.step()` behind `scaler.unscale_(optimizer)`,
    where `scaler.step` never steps that optimizer and nothing asks whether a gradient is finite.

    ## Why it hurts
    The scale starts at 65,536, so the step of SGD is 65,536 times too long. Adam divides by the gradient's own size
    and hides it, but its `eps` no longer counts and weight decay through the gradient all but vanishes; and
    `scaler.update()` then stops with "No inf checks were recorded", as soon as the scaler is enabled. Where a gradient
    overflows, as is usual in the first steps at 65,536, `scaler.step` skips the step. `optimizer.step()` does not,
    also after `unscale_`: one such step makes the weights NaN.

    ## What to do
    Call `scaler.step(optimizer)` in place of `optimizer.step()`, then `scaler.update()`.

    ## When to ignore it
    When the gradients are divided by the scale by hand, out of sight of the reader.
    """

    code = "TL303"
    name = "optimizer-step-bypasses-scaler"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/amp.html#torch.amp.GradScaler.step",
        "Micikevicius et al., Mixed Precision Training, ICLR 2018, section 3.2",
    )
    bad = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.Adam(model.parameters())
scaler = torch.amp.GradScaler("cpu")
for inputs, targets in [(torch.randn(8, 4), torch.randn(8, 2))] * 10:
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(inputs), targets)
    scaler.scale(loss).backward()
    optimizer.step()
"""
    good = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.Adam(model.parameters())
scaler = torch.amp.GradScaler("cpu")
for inputs, targets in [(torch.randn(8, 4), torch.randn(8, 2))] * 10:
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(inputs), targets)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
"""

    follows = frozenset(
        {Kind.BACKWARD, Kind.UNSCALE, Kind.SCALER_STEP, Kind.OPTIMIZER_STEP, Kind.ZERO_GRAD, Kind.UNKNOWN}
    )
    needs = frozenset({Kind.BACKWARD, Kind.OPTIMIZER_STEP})
    start: ClassVar[State] = frozenset()

    def check_program(self, program: Program) -> Iterator[Finding]:
        looked_at = {call.root for call in program.calls(*ASKS)}
        stepped = {
            reading.key
            for call in program.calls(".step")
            if _role(call.receiver) is Role.SCALER
            for reading in _optimizers(call)
        }
        steps = {call.receiver.key: call for call in program.calls(".step") if call.receiver is not None}
        for unscale in program.calls(".unscale_"):
            scaler = unscale.text.rpartition(".")[0]
            for optimizer in _optimizers(unscale):
                step = steps.get(optimizer.key)
                if step is None or optimizer.key in stepped or step.root in looked_at or _is_off(unscale.receiver):
                    continue
                if step.root is not unscale.root or not _happens_with(step, unscale):
                    continue
                name = step.text.rpartition(".")[0]
                yield self.finding(
                    step.place,
                    f"`{name}` steps past `{scaler}`: where the scaled gradients overflow, it steps with infinities",
                    related=(Related(unscale.place, f"`{scaler}` has only divided the gradients by its scale"),),
                    evidence={"optimizer": name, "scaler": scaler, "unscaled": True},
                    fix=_fix(scaler, name, step.place),
                )

    def advance(self, state: State, operation: Operation) -> State:
        assert isinstance(state, frozenset)
        match operation.kind:
            case Kind.BACKWARD if operation.scaled:
                return frozenset({_Scaled(operation)} | {s for s in state if s.backward != operation})
            case Kind.BACKWARD if operation.scaler is None:  # of a loss that may have been scaled on other ways
                return frozenset({_Scaled(operation, None), *(s.settle(operation) for s in state)})
            case Kind.BACKWARD | Kind.UNSCALE | Kind.SCALER_STEP | Kind.ZERO_GRAD | Kind.UNKNOWN:
                return frozenset(s.settle(operation) for s in state)
        return state

    def judge(self, operation: Operation, states: frozenset[State]) -> Iterator[Finding]:
        if operation.kind is not Kind.OPTIMIZER_STEP:
            return
        settled: dict[object, bool] = {}
        scaled_by: dict[object, Operation] = {}
        for state in states:
            assert isinstance(state, frozenset)
            for scaled in state:
                place = scaled.backward.location
                settled[place] = settled.get(place, False) or scaled.is_settled(operation)
                scaled_by[place] = scaled.backward
        unsettled = (scaled_by[place] for place, done in settled.items() if not done)
        backward = next((b for b in unsettled if operation.concerns(b)), None)
        if backward is None:
            return
        scaler = backward.scaler.name if backward.scaler is not None and backward.scaler.name else "scaler"
        subject = operation.optimizer
        optimizer = subject.name if subject is not None and subject.name else "optimizer"
        yield self.finding(
            operation.location,
            f"`{optimizer}` steps with gradients still multiplied by `{scaler}`'s loss scale",
            related=(Related(backward.location, f"backward of the loss that `{scaler}` scaled"),),
            evidence={"optimizer": optimizer, "scaler": scaler, "unscaled": False},
            confidence=Confidence.HIGH if subject is not None and subject.known else Confidence.MEDIUM,
            fix=_fix(scaler, optimizer, operation.location),
        )


def _fix(scaler: str, optimizer: str, step: Place | Location) -> Fix:
    names = (
        ("scaler", Written(scaler, ("X.scale", "X.unscale_"))),
        ("optimizer", Written(optimizer, ("X.step",), step)),
    )
    rewrite = Rewrite(step, "{scaler}.step({optimizer})", names)
    title = f"call `{scaler}.step({optimizer})` in its place, then `{scaler}.update()`"
    return Fix(title, True, (Insert(step, "{scaler}.update()", "after", names, "skip"), rewrite))


def _role(value: Value | None) -> Role | None:
    return value.role if isinstance(value, (Object, Unknown)) else None


def _optimizers(call: Called) -> list[Value]:
    given = call.arguments.get(0, "optimizer")
    return [reading for reading in readings(given) if _role(reading) is Role.OPTIMIZER] if given is not None else []


def _is_off(scaler: Value | None) -> bool:
    return isinstance(scaler, Object) and scaler.arguments.get(-1, "enabled") == Constant(False)


def _happens_with(step: Called, unscale: Called) -> bool:
    """Tell whether a step needs no test to be passed that the unscale does not."""
    return step.block == unscale.block or bool(step.loops and step.block == step.loops[-1].block)
