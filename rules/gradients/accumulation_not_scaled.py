"""TL405: gradient accumulation without dividing the loss."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.finding import Confidence, Finding, Fix, Related, Severity
from trainlint.operations import Kind
from trainlint.program.query import Program
from trainlint.program.rhythm import Accumulation
from trainlint.program.values import Unknown
from trainlint.rule import Rule

# They step by the gradient as it is. Adam and its kin divide its size out again: Kingma and Ba, Adam, ICLR 2015,
# section 2.1.
STEP_BY_SIZE = frozenset({"torch.optim.SGD", "torch.optim.ASGD"})


class AccumulationNotScaled(Rule):
    """Gradients are accumulated over several micro-batches, and the loss is not divided by their number.

    ## What it finds
    A loop that steps only every few micro-batches (`if (i + 1) % 4 == 0:`), whose loss is the mean over a micro-batch
    and goes backward as it is, where the size of the gradient counts: the optimizer is SGD, or gradients are clipped.
    Adam without clipping divides the size out again, and is left alone. So is a loss that is not known to be one of
    PyTorch's means, a learning rate that is computed, and anything that changes the gradients before the step.

    ## Why it hurts
    The gradients of *k* means add up to *k* times the gradient of the one large batch that is meant. With SGD and
    `k = 8` the rate is 8 times what it says; clipping to norm 1 cuts a sum whose norm is 8 times that of the mean.

    ## What to do
    Divide: `(loss / accumulation_steps).backward()`.

    ## When to ignore it
    When the learning rate, or the clipping threshold, was chosen for the sum.
    """

    code = "TL405"
    name = "accumulation-not-scaled"
    severity = Severity.WARN
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/notes/amp_examples.html#gradient-accumulation",
        "Goyal et al., Accurate, Large Minibatch SGD, 2017, section 3",
    )
    bad = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
batches = [(torch.randn(8, 4), torch.randn(8, 2))] * 16
for i, (inputs, targets) in enumerate(batches):
    loss = torch.nn.functional.mse_loss(model(inputs), targets)
    loss.backward()
    if (i + 1) % 4 == 0:
        optimizer.step()
        optimizer.zero_grad()
"""
    good = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
batches = [(torch.randn(8, 4), torch.randn(8, 2))] * 16
for i, (inputs, targets) in enumerate(batches):
    loss = torch.nn.functional.mse_loss(model(inputs), targets) / 4
    loss.backward()
    if (i + 1) % 4 == 0:
        optimizer.step()
        optimizer.zero_grad()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for window in program.accumulations():
            clears_each = any(o.kind is Kind.ZERO_GRAD and o.concerns(window.step) for o in window.each)
            if window.steps_otherwise or clears_each or _changes_gradients(window):
                continue
            losses = program.means(window.backward)
            clip = next((o for o in window.loop.operations if o.kind is Kind.CLIP and o.concerns(window.step)), None)
            if not losses or not (clip is not None or _steps_by_size(program, window)):
                continue
            counts = "clipped" if clip is not None else "stepped by"
            yield self.finding(
                window.backward.location,
                f"`{window.backward.call}` adds up means: what `{window.step.call}` sees grows with the window",
                related=(
                    Related(window.step.location, "one step per window"),
                    Related(losses[0].place, "the mean over one micro-batch"),
                ),
                evidence={"loss": losses[0].name, "gradient_is": counts},
                confidence=Confidence.MEDIUM,
                fix=Fix("divide the loss by the number of micro-batches of a window"),
            )


def _changes_gradients(window: Accumulation) -> bool:
    """Tell whether something in the loop may divide the gradients, or do anything else to them."""
    return any(o.kind is Kind.UNKNOWN and o.concerns(window.step) for o in window.loop.operations)


def _steps_by_size(program: Program, window: Accumulation) -> bool:
    """Tell whether the optimizer steps by the size of the gradient, at a rate that is given and not computed."""
    optimizer = window.step.optimizer
    made = next((o for o in program.objects if optimizer is not None and o.ident == optimizer.ident), None)
    if made is None or made.origin not in STEP_BY_SIZE:
        return False
    rate = made.arguments.get(1, "lr")
    written = next((c.written(1, "lr") for c in program.calls(made.origin) if c.place == made.place), "")
    return not (isinstance(rate, Unknown) and rate.parts) and not any(sign in written for sign in "/*(")
