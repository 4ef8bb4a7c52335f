"""TL304: a gradient scaler steps with gradients of a loss that it has not scaled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from trainlint.finding import Confidence, Finding, Fix, Location, Place, Related, Severity
from trainlint.operations import Kind, Operation, Subject
from trainlint.rule import Rule, State


class LossNotScaled(Rule):
    """A gradient scaler steps with gradients of a loss that it has not scaled.

    ## What it finds
    `scaler.step(optimizer)` where the gradients come from plain backwards only: no loss of that model has been through
    `scaler.scale` since they were cleared.

    ## Why it hurts
    `scaler.step` divides the gradients by the scale, 65,536 at the start. Gradients that were never multiplied become
    65,536 times too small, and the smallest ones vanish: float16 has nothing below 6e-8. With SGD the model all but
    stops learning. Where the scaler has scaled no loss at all, PyTorch stops with "Attempted step but _scale is None";
    where it has scaled another one, as in a GAN, nothing is said.

    ## What to do
    Write `scaler.scale(loss).backward()` for each loss whose gradients `scaler.step` uses.

    ## When to ignore it
    When the loss is multiplied by `scaler.get_scale()` by hand.
    """

    code = "TL304"
    name = "loss-not-scaled"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/amp.html#gradient-scaling",
        "https://docs.pytorch.org/docs/stable/notes/amp_examples.html#working-with-multiple-models-losses-and-optimizers",
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
    loss.backward()
    scaler.step(optimizer)
    scaler.update()
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

    follows = frozenset({Kind.BACKWARD, Kind.ZERO_GRAD, Kind.SCALER_STEP, Kind.UNKNOWN})
    needs = frozenset({Kind.BACKWARD, Kind.SCALER_STEP})
    start: ClassVar[State] = frozenset()
    # What has gone into the gradients since they were cleared: backwards, and `None` for a call that may hide one.
    # And the scalers that have scaled: a run notes the steps of disabled ones as well, and these are not among them.

    def advance(self, state: State, operation: Operation) -> State:
        assert isinstance(state, frozenset)
        match operation.kind:
            case Kind.BACKWARD:
                scaled = {operation.scaler} if operation.scaled and operation.scaler is not None else set()
                return state | {operation} | scaled
            case Kind.UNKNOWN if operation.models is None:
                return state | {None}
            case Kind.ZERO_GRAD:
                return frozenset(
                    b for b in state if isinstance(b, Subject) or (b is not None and not b.concerns(operation))
                )
        return state

    def judge(self, operation: Operation, states: frozenset[State]) -> Iterator[Finding]:
        if operation.kind is not Kind.SCALER_STEP or operation.scaler is None:
            return
        plain: list[Operation] = []
        for state in states:
            assert isinstance(state, frozenset)
            if isinstance(operation.location, Location) and operation.scaler not in state:
                return
            backwards = [backward for backward in state if not isinstance(backward, Subject)]
            used = [backward for backward in backwards if backward is None or backward.concerns(operation)]
            if any(backward is None or backward.scaled is not False for backward in used):
                return
            plain.extend(backward for backward in used if backward.models is not None)
        if not plain:
            return
        backward = min(plain, key=_order)
        scaler = operation.scaler.name or "scaler"
        yield self.finding(
            backward.location,
            f"`{scaler}` steps with the gradients of this backward, whose loss it has not scaled",
            related=(Related(operation.location, f"`{scaler}` divides the gradients by its scale here"),),
            evidence={"scaler": scaler, "scaled": False},
            confidence=Confidence.HIGH if operation.scaler.known else Confidence.MEDIUM,
            fix=Fix(f"call `backward` on `{scaler}.scale(…)` of the loss", safe=True),
        )


def _order(operation: Operation) -> tuple[str, int]:
    place = operation.location
    return place.file, place.ordinal if isinstance(place, Place) else place.row
