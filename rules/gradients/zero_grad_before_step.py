"""TL402: gradients cleared between backward and step."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from trainlint.finding import Confidence, Finding, Fix, Location, Related, Severity
from trainlint.operations import Kind, Operation
from trainlint.rule import Rule, State

_STEPS = (Kind.OPTIMIZER_STEP, Kind.SCALER_STEP)


@dataclass(frozen=True, slots=True)
class _Computed:
    """Gradients of one backward: which optimizers have used them, and what cleared them, with none computed since."""

    backward: Operation
    used_by: frozenset[Hashable] = frozenset()
    clear: Operation | None = None


@dataclass(frozen=True, slots=True)
class _Training:
    """The gradients computed so far, and the optimizers that stepped before any were.

    `suspect`: in a run, the step just made on gradients that were cleared. Gradients that the user writes by hand
    before a step are noted at that step, after it.
    """

    computed: frozenset[_Computed] = frozenset()
    stepped_first: frozenset[Hashable] = frozenset()
    suspect: tuple[_Computed, Operation] | None = None


class ZeroGradBeforeStep(Rule):
    """Gradients are cleared between the backward that computes them and the step that should use them.

    ## What it finds
    A `zero_grad` after `backward` and before `step` of the same optimizer, on every way there, with no other backward
    in between. Clearing *another* optimizer's gradients at that point is right, as for the discriminator of a GAN
    after the generator's backward.

    ## Why it hurts
    The step sees no gradient at all: `zero_grad` sets `.grad` to `None`, and `step` skips such parameters. Over 1,000
    iterations not one weight changes by gradient descent; the loss stays at its value at initialisation, with no
    error. With `set_to_none=False` momentum and weight decay still move the weights, which looks like training.

    ## What to do
    Clear before `backward`, at the start of the iteration, or after `step`.

    ## When to ignore it
    When something that trainlint does not see writes to `.grad` between the clearing and the step.
    """

    code = "TL402"
    name = "zero-grad-before-step"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/generated/torch.optim.Optimizer.zero_grad.html",
        "https://docs.pytorch.org/docs/stable/optim.html#taking-an-optimization-step",
    )
    bad = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for inputs, targets in [(torch.randn(8, 4), torch.randn(8, 2))] * 10:
    loss = torch.nn.functional.mse_loss(model(inputs), targets)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
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

    follows = frozenset({Kind.BACKWARD, Kind.ZERO_GRAD, Kind.OPTIMIZER_STEP, Kind.SCALER_STEP, Kind.UNKNOWN})
    needs = frozenset({Kind.BACKWARD, Kind.ZERO_GRAD})
    start: ClassVar[State] = _Training()

    def advance(self, state: State, operation: Operation) -> State:
        assert isinstance(state, _Training)
        computed = state.computed
        match operation.kind:
            case Kind.BACKWARD:
                kept = {c for c in computed if c.backward != operation and not _meets(c, operation)}
                computed = frozenset(kept | {_Computed(operation)})
            case Kind.ZERO_GRAD:
                computed = frozenset(
                    replace(c, clear=operation) if c.clear is None and operation.concerns(c.backward) else c
                    for c in computed
                )
            case Kind.UNKNOWN:
                computed = frozenset(c for c in computed if not operation.concerns(c.backward))
            case Kind.OPTIMIZER_STEP | Kind.SCALER_STEP:
                stepping = _optimizer(operation)
                lost = _lost(state, operation)
                met = any(operation.may_concern(c.backward) for c in computed)
                return _Training(
                    frozenset(replace(c, used_by=c.used_by | {stepping}) for c in computed),
                    state.stepped_first if met else state.stepped_first | {stepping},
                    (lost, operation) if lost is not None else None,
                )
        return _Training(computed, state.stepped_first)

    def judge(self, operation: Operation, states: frozenset[State]) -> Iterator[Finding]:
        trainings = [state for state in states if isinstance(state, _Training)]
        if isinstance(operation.location, Location):
            for training in trainings:
                if training.suspect is not None and training.suspect[1].location != operation.location:
                    yield self._cleared(*training.suspect)
        elif operation.kind in _STEPS:
            lost = [_lost(training, operation) for training in trainings]
            if lost[0] is not None and None not in lost:
                yield self._cleared(lost[0], operation)

    def _cleared(self, lost: _Computed, step: Operation) -> Finding:
        assert lost.clear is not None
        subject = step.optimizer
        return self.finding(
            lost.clear.location,
            f"the gradients of `{lost.backward.call}` are cleared before `{step.call}` uses them",
            related=(
                Related(lost.backward.location, "the gradients are computed here"),
                Related(step.location, "this step finds none"),
            ),
            evidence={"optimizer": None if subject is None else subject.name, "backward_since": False},
            confidence=Confidence.HIGH if subject is not None and subject.known else Confidence.MEDIUM,
            fix=Fix(f"clear before `{lost.backward.call}`, or after `{step.call}`"),
        )


def _lost(training: _Training, step: Operation) -> _Computed | None:
    """Return gradients that the step was due to use, where all that it steps on was cleared for sure."""
    if _optimizer(step) in training.stepped_first:
        return None
    return next((c for c in training.computed if _loses(c, step)), None)


def _meets(computed: _Computed, backward: Operation) -> bool:
    """Tell whether a backward may give gradients again to what had been cleared."""
    return computed.clear is not None and computed.clear.may_concern(backward)


def _loses(computed: _Computed, step: Operation) -> bool:
    clear = computed.clear
    if clear is None or _optimizer(step) in computed.used_by or not step.concerns(computed.backward):
        return False
    return clear.covers(step)


def _optimizer(step: Operation) -> Hashable:
    return None if step.optimizer is None else step.optimizer.ident
