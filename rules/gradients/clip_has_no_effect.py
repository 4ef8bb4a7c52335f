"""TL403: gradients clipped where no step will use them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from trainlint.finding import Confidence, Finding, Fix, Related, Severity
from trainlint.operations import Kind, Operation
from trainlint.rule import Rule, State

_STEPS = (Kind.OPTIMIZER_STEP, Kind.SCALER_STEP)


@dataclass(frozen=True, slots=True)
class _Clipped:
    """A clip, and the operation after which there was nothing for it to clip: a step, or a clearing.

    `useful`: a step followed that may have used what it clipped, or there was something to clip. `seen`: something that
    is not followed came after it, with gradients on which an optimizer had stepped already.
    """

    clip: Operation
    after: Operation | None
    useful: bool
    seen: bool = False


@dataclass(frozen=True, slots=True)
class _Training:
    """The last operations after which gradients are of no more use, and the clips since the last backward."""

    computed: bool = False
    spent: frozenset[Operation] = frozenset()
    clips: frozenset[_Clipped] = frozenset()
    optimizers: frozenset[Hashable] = frozenset()


class ClipHasNoEffect(Rule):
    """Gradients are clipped where no step will use them: after the step, or before backward.

    ## What it finds
    `clip_grad_norm_` or `clip_grad_value_` on gradients that a step has already used and that are cleared next, or
    right after clearing, before any backward: on every way, the optimizer sees gradients that were never clipped.
    Clamping the *weights*, as a Wasserstein critic does after its step, is something else.

    ## Why it hurts
    Training runs as if there were no clipping. A single batch with a gradient of norm 1,000, where clipping to 1 was
    meant, moves the weights 1,000 times as far as it may, and one such step is enough to ruin a recurrent network.

    ## What to do
    Clip between `backward` and `step`; with a `GradScaler`, after `scaler.unscale_(optimizer)`.

    ## When to ignore it
    When only the returned norm is wanted. `torch.nn.utils.get_total_norm` says so plainly.
    """

    code = "TL403"
    name = "clip-has-no-effect"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html",
        "Pascanu et al., On the difficulty of training recurrent neural networks, ICML 2013, section 3.2",
    )
    bad = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for inputs, targets in [(torch.randn(8, 4), torch.randn(8, 2))] * 10:
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(inputs), targets)
    loss.backward()
    optimizer.step()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
"""
    good = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for inputs, targets in [(torch.randn(8, 4), torch.randn(8, 2))] * 10:
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(inputs), targets)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
    optimizer.step()
"""

    follows = frozenset({Kind.BACKWARD, Kind.CLIP, Kind.ZERO_GRAD, Kind.OPTIMIZER_STEP, Kind.SCALER_STEP, Kind.UNKNOWN})
    needs = frozenset({Kind.CLIP})
    start: ClassVar[State] = _Training()

    def advance(self, state: State, operation: Operation) -> State:
        assert isinstance(state, _Training)
        match operation.kind:
            case Kind.BACKWARD:
                spent = frozenset(s for s in state.spent if not s.may_concern(operation))
                return replace(state, computed=True, spent=spent, clips=frozenset())
            case Kind.CLIP:
                covering = [s for s in state.spent if _covers(s, operation, state.optimizers)]
                after = min(covering, key=lambda s: s.kind in _STEPS, default=None)
                clipped = _Clipped(operation, after, useful=after is None)
                return replace(state, clips=frozenset({c for c in state.clips if c.clip != operation} | {clipped}))
            case Kind.ZERO_GRAD:
                spent = frozenset(state.spent | {operation}) if state.computed else state.spent
                return replace(state, spent=spent)
            case Kind.UNKNOWN:
                stepped = {c for c in state.clips if c.after is not None and c.after.kind in _STEPS}
                shown = {replace(c, seen=True) for c in stepped}
                return replace(state, spent=frozenset(), clips=_used(state.clips - stepped, operation) | shown)
            case Kind.OPTIMIZER_STEP | Kind.SCALER_STEP:
                optimizers = state.optimizers | {None if operation.optimizer is None else operation.optimizer.ident}
                spent = frozenset(state.spent | {operation}) if state.computed else state.spent
                return replace(state, spent=spent, clips=_used(state.clips, operation), optimizers=optimizers)
        return state

    def judge(self, operation: Operation, states: frozenset[State]) -> Iterator[Finding]:
        if operation.kind not in (Kind.ZERO_GRAD, Kind.BACKWARD):
            return
        ways: dict[Operation, list[_Clipped]] = {}
        for state in states:
            assert isinstance(state, _Training)
            for clipped in state.clips:
                ways.setdefault(clipped.clip, []).append(clipped)
        for clip, clips in ways.items():
            after = clips[0].after
            if after is None or any(clipped.useful for clipped in clips) or not operation.concerns(clip):
                continue
            if operation.kind is Kind.BACKWARD and after.kind in _STEPS:
                continue  # not cleared: what was clipped counts in the next step
            stepped = after.kind in _STEPS
            yield self.finding(
                clip.location,
                f"`{clip.call.rpartition('.')[2]}` clips "
                + (f"after `{after.call}` has used the gradients" if stepped else "before there are gradients"),
                related=(
                    Related(after.location, "the step sees the gradients unclipped" if stepped else "cleared here"),
                    Related(operation.location, "cleared here" if stepped else "the gradients are computed here"),
                ),
                evidence={"after": after.kind.value, "step_after_clip": False},
                confidence=Confidence.MEDIUM if any(clipped.seen for clipped in clips) else Confidence.HIGH,
                fix=Fix("clip between backward and step"),
            )


def _covers(spent: Operation, clip: Operation, optimizers: frozenset[Hashable]) -> bool:
    """Tell whether the gradients that a clip is given are, all of them, those that were stepped on or cleared."""
    return spent.covers(clip) or (len(optimizers) == 1 and (spent.models is None or clip.models is None))


def _used(clips: frozenset[_Clipped], operation: Operation) -> frozenset[_Clipped]:
    return frozenset(replace(c, useful=c.useful or operation.concerns(c.clip)) for c in clips)
