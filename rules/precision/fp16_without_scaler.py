"""TL306: a float16 forward is trained without loss scaling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from trainlint.finding import Finding, Fix, Related, Severity
from trainlint.operations import Kind, Operation, Precision
from trainlint.rule import Rule, State


@dataclass(frozen=True, slots=True)
class _Half:
    """A forward in float16, the plain backward that followed, and whether one was scaled, or may have been."""

    forward: Operation
    backward: Operation | None = None
    scaled: bool = False


class Fp16WithoutScaler(Rule):
    """A model runs forward in float16 and trains without loss scaling.

    ## What it finds
    A forward under `torch.autocast` in float16 (the type that it takes by itself on CUDA), a backward through it of a
    loss that nothing has scaled, and an optimizer step with these gradients. Where a scaler is used on some of the
    ways, nothing is said. bfloat16 needs no scaler.

    ## Why it hurts
    float16 has nothing below 6e-8 (2⁻²⁴). Gradients of activations below that become 0 on their way back: in the
    detector that NVIDIA's guide takes as its example 31 % of them did, only 5 % were left, and training diverged. It
    happens without a message.

    ## What to do
    Use `torch.amp.GradScaler`: `scaler.scale(loss).backward()`, `scaler.step(optimizer)`, `scaler.update()`. Or use
    `dtype=torch.bfloat16`, on hardware that has it.

    ## When to ignore it
    When the loss is scaled by hand, out of sight of the reader. Parameters that are themselves float16
    (`model.half()`) are left to a run.
    """

    code = "TL306"
    name = "fp16-without-scaler"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/amp.html#gradient-scaling",
        "https://docs.nvidia.com/deeplearning/performance/mixed-precision-training/index.html#lossscaling",
        "Micikevicius et al., Mixed Precision Training, ICLR 2018, section 3.2",
    )
    bad = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for inputs, targets in [(torch.randn(8, 4), torch.randn(8, 2))] * 10:
    optimizer.zero_grad()
    with torch.autocast("cpu", dtype=torch.float16):
        loss = torch.nn.functional.mse_loss(model(inputs), targets)
    loss.backward()
    optimizer.step()
"""
    good = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for inputs, targets in [(torch.randn(8, 4), torch.randn(8, 2))] * 10:
    optimizer.zero_grad()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = torch.nn.functional.mse_loss(model(inputs), targets)
    loss.backward()
    optimizer.step()
"""

    follows = frozenset({Kind.FORWARD, Kind.BACKWARD, Kind.OPTIMIZER_STEP, Kind.SCALER_STEP, Kind.UNKNOWN})
    needs = frozenset({Kind.FORWARD, Kind.BACKWARD, Kind.OPTIMIZER_STEP})
    start: ClassVar[State] = frozenset()

    def advance(self, state: State, operation: Operation) -> State:
        assert isinstance(state, frozenset)
        match operation.kind:
            case Kind.FORWARD if operation.grad is not False:
                others = {h for h in state if not _share_models(h.forward, operation)}
                return frozenset(others | {_Half(operation)} if operation.autocast is Precision.FLOAT16 else others)
            case Kind.BACKWARD if operation.scaled is False:
                return frozenset(
                    replace(h, backward=operation) if _share_models(h.forward, operation) else h for h in state
                )
            case Kind.BACKWARD | Kind.UNKNOWN:
                return frozenset(replace(h, scaled=h.scaled or h.forward.concerns(operation)) for h in state)
            case Kind.OPTIMIZER_STEP | Kind.SCALER_STEP:
                return frozenset(h for h in state if h.backward is None or not h.forward.concerns(operation))
        return state

    def judge(self, operation: Operation, states: frozenset[State]) -> Iterator[Finding]:
        if operation.kind is not Kind.OPTIMIZER_STEP:
            return
        ways: dict[Operation, list[_Half]] = {}
        for state in states:
            assert isinstance(state, frozenset)
            for half in state:
                if half.backward is not None or half.scaled:
                    ways.setdefault(half.forward, []).append(half)
        for forward, halves in ways.items():
            backward = halves[0].backward
            if backward is None or not backward.concerns(operation) or any(half.scaled for half in halves):
                continue
            yield self.finding(
                backward.location,
                f"`{backward.call}` starts from a loss computed in float16, and nothing has scaled it",
                related=(Related(forward.location, f"`{forward.call}` runs under autocast in float16"),),
                evidence={"autocast": "float16", "scaled": False},
                fix=Fix("scale the loss with `torch.amp.GradScaler`, or autocast to `torch.bfloat16`"),
            )


def _share_models(forward: Operation, other: Operation) -> bool:
    return forward.models is not None and other.models is not None and bool(forward.models & other.models)
