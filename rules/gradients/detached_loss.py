"""TL407: backward on a loss that has no path to the parameters."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from trainlint.finding import Finding, Location, Related, Severity
from trainlint.operations import Kind, Operation
from trainlint.program.query import Program
from trainlint.rule import Rule, State

# One such step may be the first of an alternation that the run has not shown yet.
STEPS_WITHOUT_GRADIENT = 3


@dataclass(frozen=True, slots=True)
class _Training:
    """The backwards since the last step that gave no watched model a gradient, and how many steps had only those.

    `reached` are the models that some backward has given gradients to.
    """

    empty: frozenset[Operation] = frozenset()
    reached: frozenset[Hashable] = frozenset()
    steps: int = 0


class DetachedLoss(Rule):
    """Backward is called on a loss that has no path to the parameters.

    ## What it finds
    `loss.backward()` where the graph from the loss to the model was cut: by `.item()`, `.data`, `.detach()`, `argmax`,
    by making a new tensor of it (`torch.tensor(loss)`, `Variable(loss)`), or because the forward ran under `no_grad`.
    In the source, everything that the loss is computed from must be known to be without a graph. In a run: step after
    step with backwards that give no gradient to any parameter of the models watched.

    ## Why it hurts
    As it stands, PyTorch refuses: "element 0 of tensors does not require grad". The message goes away with
    `requires_grad=True` on the loss, and so does the only hint: `backward` then ends at the loss itself, all gradients
    stay `None`, and over 1,000 steps 0 weights change.

    ## What to do
    Keep the loss a tensor from the model's output to `backward`, with differentiable operations only. Take numbers for
    logging from it with `loss.item()`, into another variable.

    ## When to ignore it
    When only the side effects of hooks on the loss are wanted.
    """

    code = "TL407"
    name = "detached-loss"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/notes/autograd.html",
        "https://docs.pytorch.org/docs/stable/generated/torch.Tensor.detach.html",
    )
    bad = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for inputs, targets in [(torch.randn(8, 4), torch.randn(8, 2))] * 10:
    loss = torch.nn.functional.mse_loss(model(inputs), targets)
    loss = torch.tensor(loss.item(), requires_grad=True)
    optimizer.zero_grad()
    loss.backward()
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

    follows = frozenset({Kind.BACKWARD, Kind.OPTIMIZER_STEP, Kind.SCALER_STEP})
    start: ClassVar[State] = _Training()

    def check_program(self, program: Program) -> Iterator[Finding]:
        for called, cut in program.detached_losses():
            related = () if cut.place is None else (Related(cut.place, "here the graph ends"),)
            yield self.finding(
                called.place,
                f"`{called.text}` reaches no parameter: `{cut.text}` has cut the loss off from the model",
                related=related,
                evidence={"cut_by": cut.text},
            )

    def advance(self, state: State, operation: Operation) -> State:
        assert isinstance(state, _Training)
        if operation.kind is not Kind.BACKWARD:
            return replace(state, empty=frozenset(), steps=min(_steps(state, operation), STEPS_WITHOUT_GRADIENT))
        if operation.models == frozenset():
            return replace(state, empty=state.empty | {operation})
        reached = frozenset(model.ident for model in operation.models or ())
        return _Training(frozenset(), state.reached | reached)

    def judge(self, operation: Operation, states: frozenset[State]) -> Iterator[Finding]:
        if operation.kind is Kind.BACKWARD or not isinstance(operation.location, Location):
            return
        for state in states:
            assert isinstance(state, _Training)
            if _steps(state, operation) < STEPS_WITHOUT_GRADIENT:
                continue
            for backward in state.empty:
                yield self.finding(
                    backward.location,
                    f"`{backward.call}` gives no gradient to any parameter of the model",
                    related=(Related(operation.location, "this step finds none"),),
                    evidence={"steps": STEPS_WITHOUT_GRADIENT, "parameters_with_gradient": 0},
                )


def _steps(state: _Training, step: Operation) -> int:
    """Count the steps, with this one, before which backwards gave nothing to the models that it steps on."""
    models = {model.ident for model in step.models or ()}
    if not state.empty or not models or models & state.reached:
        return state.steps
    return state.steps + 1
