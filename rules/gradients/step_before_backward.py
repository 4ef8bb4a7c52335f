"""TL410: the optimizer steps before the backward of the same iteration."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from trainlint.finding import Confidence, Finding, Fix, Place, Related, Severity
from trainlint.operations import Kind, Operation
from trainlint.rule import Rule, State

_STEPS = (Kind.OPTIMIZER_STEP, Kind.SCALER_STEP)


@dataclass(frozen=True, slots=True)
class _Early:
    """A step that came before any backward, and the first backward that has followed.

    `cleared`: the gradients had just been cleared, whatever else may have computed some before.
    """

    step: Operation
    backward: Operation | None = None
    cleared: bool = False


@dataclass(frozen=True, slots=True)
class _Training:
    """What has given gradients so far, the steps that came before, until they come round again, and all steps.

    `clears` are those since which nothing has computed gradients; `pending`: a forward has given a loss that no
    backward has gone through; `wasted`: the steps made on cleared gradients while it was pending.
    """

    backwards: frozenset[Operation] = frozenset()
    early: frozenset[_Early] = frozenset()
    passed: frozenset[Operation] = frozenset()
    clears: frozenset[Operation] = frozenset()
    pending: bool = False
    wasted: frozenset[Operation] = frozenset()


class StepBeforeBackward(Rule):
    """The optimizer steps before the backward of the same iteration, on the gradients of the batch before, or on none.

    ## What it finds
    A loop in which `optimizer.step()` comes before the `backward` that computes its gradients: the first step, on
    every way, has no gradients yet, a backward follows it, and then the same step comes round again; or a step on
    gradients that were just cleared, between a forward and the backward of its loss. A step that the first iteration
    leaves out (`if i > 0:`) is a design, and so is one single step before the loop, made to please a scheduler.

    ## Why it hurts
    With the clearing in between (`zero_grad`, `step`, `backward`) no step ever has a gradient: of 1,000 steps, 0
    change the weights. Without it the first step does nothing, and each later one uses the gradients of the previous
    batch, taken where the weights were one step ago; after the last batch one backward is thrown away.

    ## What to do
    Bring the calls into the order `zero_grad`, forward, `backward`, `step`.

    ## When to ignore it
    When delayed gradients are what is being studied.
    """

    code = "TL410"
    name = "step-before-backward"
    severity = Severity.ERROR
    since = "0.1"
    references = ("https://docs.pytorch.org/docs/stable/optim.html#taking-an-optimization-step",)
    bad = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for inputs, targets in [(torch.randn(8, 4), torch.randn(8, 2))] * 10:
    loss = torch.nn.functional.mse_loss(model(inputs), targets)
    optimizer.zero_grad()
    optimizer.step()
    loss.backward()
"""
    good = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for inputs, targets in [(torch.randn(8, 4), torch.randn(8, 2))] * 10:
    loss = torch.nn.functional.mse_loss(model(inputs), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""

    follows = frozenset(
        {
            *(Kind.BUILD, Kind.FORWARD, Kind.BACKWARD, Kind.ZERO_GRAD, Kind.OPTIMIZER_STEP, Kind.SCALER_STEP),
            Kind.UNKNOWN,
        }
    )
    needs = frozenset({Kind.BACKWARD})
    start: ClassVar[State] = _Training()

    def advance(self, state: State, operation: Operation) -> State:
        assert isinstance(state, _Training)
        match operation.kind:
            case Kind.BACKWARD:
                followed = (
                    replace(e, backward=operation) if e.backward is None and operation.concerns(e.step) else e
                    for e in state.early
                )
                computed, clears = state.backwards | {operation}, _still_clear(state, operation)
                return _Training(computed, frozenset(followed), state.passed, clears)
            case Kind.FORWARD:
                return replace(state, pending=True, wasted=frozenset())
            case Kind.ZERO_GRAD:
                return replace(state, clears=state.clears | {operation}, wasted=frozenset())
            case Kind.BUILD if operation.optimizer is not None and operation.scheduler is None:
                # What was done to a model before it had an optimizer was no training.
                return replace(state, backwards=frozenset(b for b in state.backwards if b.kind is Kind.BACKWARD))
            case Kind.UNKNOWN:  # it may have gone backward
                kept = frozenset(e for e in state.early if e.cleared or not operation.concerns(e.step))
                computed, clears = state.backwards | {operation}, _still_clear(state, operation)
                return replace(state, backwards=computed, early=kept, clears=clears, wasted=frozenset())
            case Kind.OPTIMIZER_STEP | Kind.SCALER_STEP:
                early, cleared = {e for e in state.early if e.step != operation}, _finds_cleared(state, operation)
                if operation not in state.passed:
                    served = {backward.kind for backward in state.backwards if operation.may_concern(backward)}
                    if not served or (cleared and Kind.BACKWARD not in served):
                        early.add(_Early(operation, cleared=cleared))
                wasted = state.wasted | {operation} if state.pending and cleared else state.wasted
                return replace(state, early=frozenset(early), passed=state.passed | {operation}, wasted=wasted)
        return state

    def judge(self, operation: Operation, states: frozenset[State]) -> Iterator[Finding]:
        if operation.kind is Kind.BACKWARD and isinstance(operation.location, Place):
            wasted = [state.wasted for state in states if isinstance(state, _Training)]
            for step in sorted(frozenset.intersection(*wasted), key=lambda step: step.call):
                if step.concerns(operation):
                    yield self._early(step, operation)
        elif operation.kind in _STEPS:
            found = [_comes_round(state, operation) for state in states]
            if found[0] is not None and None not in found:
                assert found[0].backward is not None
                yield self._early(operation, found[0].backward)

    def _early(self, step: Operation, backward: Operation) -> Finding:
        subject = step.optimizer
        return self.finding(
            step.location,
            f"`{step.call}` steps before `{backward.call}` has computed this iteration's gradients",
            related=(Related(backward.location, "the gradients are computed here, after the step"),),
            evidence={"optimizer": _name(subject), "backward_before_first_step": False},
            confidence=Confidence.HIGH if subject is not None and subject.known else Confidence.MEDIUM,
            fix=Fix(f"move `{step.call}()` after `{backward.call}()`"),
        )


def _comes_round(state: State, step: Operation) -> _Early | None:
    """Return the earlier passage of the same step, if that found no gradients and a backward followed.

    Of gradients that were cleared before, this passage must find none, too.
    """
    assert isinstance(state, _Training)
    found = next((e for e in state.early if e.step == step and e.backward is not None), None)
    return None if found is not None and found.cleared and not _finds_cleared(state, step) else found


def _finds_cleared(state: _Training, step: Operation) -> bool:
    """Tell whether all that a step is about was cleared, and nothing has computed gradients since."""
    return any(clear.covers(step) for clear in state.clears)


def _still_clear(state: _Training, operation: Operation) -> frozenset[Operation]:
    return frozenset(clear for clear in state.clears if not operation.may_concern(clear))


def _name(subject: Hashable) -> str | None:
    return getattr(subject, "name", None)
