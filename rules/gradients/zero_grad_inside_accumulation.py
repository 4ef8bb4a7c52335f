"""TL420: gradients cleared on every micro-batch of an accumulation window."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.finding import Confidence, Finding, Fix, Related, Severity
from trainlint.operations import Kind, Operation
from trainlint.program.query import Program
from trainlint.rule import Rule


class ZeroGradInsideAccumulation(Rule):
    """Gradients are cleared on every micro-batch of an accumulation window.

    ## What it finds
    A loop that goes backward for each micro-batch and steps only every few of them (`if (i + 1) % 4 == 0:`), but
    clears the gradients each time. A number of micro-batches that is written as 1 is no window; one that comes from the
    command line or a configuration is taken for more. Of a window that is counted by hand, without a remainder,
    nothing is said.

    ## Why it hurts
    The step sees the last micro-batch only. With a window of 8, 7 of 8 batches are computed for nothing; where the
    loss is divided by 8, as accumulation asks for, the gradient is 8 times too small as well.

    ## What to do
    Clear right after the step, under the same condition.

    ## When to ignore it
    When the window is always 1.
    """

    code = "TL420"
    name = "zero-grad-inside-accumulation"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/notes/amp_examples.html#gradient-accumulation",
        "https://docs.pytorch.org/tutorials/recipes/recipes/zeroing_out_gradients.html",
    )
    bad = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
batches = [(torch.randn(8, 4), torch.randn(8, 2))] * 16
for i, (inputs, targets) in enumerate(batches):
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(inputs), targets) / 4
    loss.backward()
    if (i + 1) % 4 == 0:
        optimizer.step()
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
            clear = next((o for o in window.each if o.kind is Kind.ZERO_GRAD and o.covers(window.step)), None)
            if clear is None or window.steps_otherwise:
                continue
            known = window.step.optimizer is not None and window.step.optimizer.known
            yield self._inside(clear, window.backward, window.step, Confidence.HIGH if known else Confidence.MEDIUM)

    def _inside(self, clear: Operation, backward: Operation, step: Operation, confidence: Confidence) -> Finding:
        return self.finding(
            clear.location,
            f"`{clear.call}` clears each micro-batch that `{step.call}` was to accumulate, all but the last",
            related=(
                Related(backward.location, "one backward per micro-batch"),
                Related(step.location, "one step per window"),
            ),
            evidence={"optimizer": None if step.optimizer is None else step.optimizer.name},
            confidence=confidence,
            fix=Fix(f"clear right after `{step.call}`, under the same condition"),
        )
