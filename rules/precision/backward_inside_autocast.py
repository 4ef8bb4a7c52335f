"""TL305: a backward runs under autocast."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.finding import Finding, Fix, Severity
from trainlint.operations import Kind, Operation, Precision
from trainlint.rule import Rule, State


class BackwardInsideAutocast(Rule):
    """A backward runs under autocast.

    ## What it finds
    `loss.backward()` inside the block of `torch.autocast`, or in a function that it decorates, where autocast is on
    whenever its switch is. A backward inside `torch.autocast(…, enabled=False)` is right.

    ## Why it hurts
    PyTorch advises against it. Each operation of a backward already runs in the type that autocast chose for the
    forward. What autocast still reaches is what the forward did not settle: custom functions, hooks, and whatever
    activation checkpointing or `create_graph=True` computes anew are cast once more, to 11 significant bits (float16)
    or 8 (bfloat16) in place of the 24 that a gradient kept in float32 has. Mostly nothing is seen of it, and nothing
    is gained by it.

    ## What to do
    Close the block after the loss: keep forward and loss inside, `backward` and the optimizer step outside.

    ## When to ignore it
    When the model has no such part, and the indentation is not yours to change.
    """

    code = "TL305"
    name = "backward-inside-autocast"
    severity = Severity.WARN
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/amp.html#autocasting",
        "https://docs.pytorch.org/docs/stable/notes/amp_examples.html#typical-mixed-precision-training",
    )
    bad = """
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

    follows = frozenset({Kind.BACKWARD})

    def judge(self, operation: Operation, states: frozenset[State]) -> Iterator[Finding]:
        precision = operation.autocast
        if precision is None or precision is Precision.FULL:
            return
        if not operation.call.endswith("backward"):
            return  # `torch.autograd.grad` is often part of a forward: forces, a gradient penalty
        kind = "" if precision is Precision.LOWER else f" ({precision.value})"
        yield self.finding(
            operation.location,
            f"`{operation.call}` runs under autocast{kind}",
            evidence={"autocast": precision.value},
            fix=Fix("end the autocast block after the loss"),
        )
