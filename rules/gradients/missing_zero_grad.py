"""TL401: gradients of earlier batches are never cleared."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from trainlint.edit import Insert, Written
from trainlint.finding import Confidence, Finding, Fix, Related, Severity, named
from trainlint.operations import Kind, Operation, Subject
from trainlint.rule import Rule, State


@dataclass(frozen=True, slots=True)
class _Stepped:
    """An optimizer that has stepped, and what has happened to its gradients since."""

    step: Operation
    cleared: bool = False
    backward: Operation | None = None


class MissingZeroGrad(Rule):
    """Gradients of earlier batches are never cleared.

    ## What it finds
    An optimizer that steps, and then steps again after another backward, with nothing in between that clears its
    gradients: no `zero_grad` of the optimizer or of its model, no `param.grad = None`, no call that might do it.
    Gradient accumulation is something else: several backwards before *one* step are right.

    ## Why it hurts
    `backward` adds to `.grad`. Without clearing, step *t* uses the sum of the gradients of all batches so far: their
    norm grows with the number of steps, and old batches count as much as the new one. It acts like momentum with a
    coefficient of 1 that never forgets; training oscillates and then diverges, or settles at a poor loss.

    ## What to do
    Call `optimizer.zero_grad()` once per step, before the first backward that the step should use.

    ## When to ignore it
    When the sum over all batches so far is what the algorithm asks for.
    """

    code = "TL401"
    name = "missing-zero-grad"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/generated/torch.optim.Optimizer.zero_grad.html",
        "https://docs.pytorch.org/tutorials/recipes/recipes/zeroing_out_gradients.html",
    )
    bad = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for inputs, targets in [(torch.randn(8, 4), torch.randn(8, 2))] * 10:
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
    loss = torch.nn.functional.mse_loss(model(inputs), targets)
    loss.backward()
    optimizer.step()
"""

    follows = frozenset(
        {Kind.BUILD, Kind.BACKWARD, Kind.ZERO_GRAD, Kind.OPTIMIZER_STEP, Kind.SCALER_STEP, Kind.UNKNOWN}
    )
    needs = frozenset({Kind.BACKWARD})
    start: ClassVar[State] = frozenset()

    def advance(self, state: State, operation: Operation) -> State:
        assert isinstance(state, frozenset)
        match operation.kind:
            case Kind.BACKWARD:
                return frozenset(
                    replace(s, backward=operation) if s.backward is None and operation.concerns(s.step) else s
                    for s in state
                )
            case Kind.BUILD if operation.scheduler is None:
                return frozenset(s for s in state if _optimizer(s.step) != _optimizer(operation))
            case Kind.ZERO_GRAD | Kind.UNKNOWN:
                return frozenset(replace(s, cleared=s.cleared or operation.concerns(s.step)) for s in state)
            case Kind.OPTIMIZER_STEP | Kind.SCALER_STEP:
                others = {s for s in state if _optimizer(s.step) != _optimizer(operation)}
                return frozenset(others | {_Stepped(operation)})
        return state

    def judge(self, operation: Operation, states: frozenset[State]) -> Iterator[Finding]:
        if operation.kind not in (Kind.OPTIMIZER_STEP, Kind.SCALER_STEP):
            return
        since: dict[Operation, list[_Stepped]] = {}
        for state in states:
            assert isinstance(state, frozenset)
            for stepped in state:
                if _optimizer(stepped.step) == _optimizer(operation):
                    since.setdefault(stepped.step, []).append(stepped)
        for ways in since.values():
            if any(way.cleared or way.backward is None for way in ways):
                continue
            before, backward = ways[0].step, ways[0].backward
            assert backward is not None
            subject = operation.optimizer
            name = "" if subject is None else subject.name
            again = before.location == operation.location
            which = "its last step" if again else f"the `{before.call}` before"
            stepped = "_.step(X)" if before.kind is Kind.SCALER_STEP else "X.step"
            names = (("optimizer", Written(name or "optimizer", (stepped,), before.location)),)
            related = (Related(backward.location, "this backward adds to the gradients of the step before"),)
            yield self.finding(
                operation.location,
                f"{named(name, 'the optimizer')} steps with the gradients of {which} added in: "
                "nothing clears them in between",
                related=related if again else (Related(before.location, "steps with them first"), *related),
                evidence={"optimizer": name, "cleared": False},
                confidence=_confidence(subject),
                fix=Fix(
                    f"call `{name or 'optimizer'}.zero_grad()` between the two steps",
                    edits=(Insert(before.location, "{optimizer}.zero_grad()", "after", names),),
                ),
            )
            return


def _optimizer(step: Operation) -> Hashable:
    return None if step.optimizer is None else step.optimizer.ident


def _confidence(optimizer: Subject | None) -> Confidence:
    return Confidence.HIGH if optimizer is not None and optimizer.known else Confidence.MEDIUM
