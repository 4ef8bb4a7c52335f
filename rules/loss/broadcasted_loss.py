"""TL707: a column compared with a row."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.finding import Confidence, Finding, Fix, Severity
from trainlint.program.query import Program
from trainlint.program.shapes import Shape
from trainlint.rule import Rule

# Losses that broadcast their arguments against each other; the cross entropies refuse other shapes.
_LOSSES = tuple(
    f"torch.nn.{name}"
    for name in (
        *("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "PoissonNLLLoss"),
        *(f"functional.{name}_loss" for name in ("mse", "l1", "smooth_l1", "huber", "poisson_nll")),
    )
)


class BroadcastedLoss(Rule):
    """A loss compares every output with every target: one has the shape `(N, 1)`, the other `(N,)`.

    ## What it finds
    `MSELoss`, `L1Loss`, `SmoothL1Loss`, `HuberLoss` or `PoissonNLLLoss`, and their functions, where the last axis of
    one argument has length 1 and the other argument has a single axis: most often the output of a `Linear(…, 1)` that
    nobody squeezed, against targets that are a plain list of numbers. Both shapes must be known from the source.

    ## Why it hurts
    `(N, 1)` and `(N,)` are broadcast to `(N, N)`: with 32 samples the loss is the mean over 1,024 pairs, of which only
    32 belong together. What minimises it is the mean of the batch's targets for every input. Training runs, the loss
    falls to the variance of the targets and stays there. torch prints a warning once.

    ## What to do
    Make the shapes equal: `model(x).squeeze(1)`, or `y.unsqueeze(1)`.

    ## When to ignore it
    When all pairs are meant to be compared.
    """

    code = "TL707"
    name = "broadcasted-loss"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/notes/broadcasting.html",
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.MSELoss.html",
    )
    bad = """
import torch
x, y = torch.randn(32, 4), torch.randn(32)
model = torch.nn.Linear(4, 1)
loss = torch.nn.functional.mse_loss(model(x), y)
"""
    good = """
import torch
x, y = torch.randn(32, 4), torch.randn(32)
model = torch.nn.Linear(4, 1)
loss = torch.nn.functional.mse_loss(model(x).squeeze(1), y)
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for call in program.applied(*_LOSSES):
            output = program.shape(call.arguments.get(0, "input"))
            target = program.shape(call.arguments.get(1, "target"))
            if not _broadcasts(output, target) and not _broadcasts(target, output):
                continue
            first, second = call.written(0, "input"), call.written(1, "target")
            column, row = (first, second) if _broadcasts(output, target) else (second, first)
            sure = output.rank is not None and target.rank is not None
            yield self.finding(
                call.place,
                f"`{call.text}` compares every pair: `{column}` has the shape (N, 1), `{row}` (N,)",
                evidence={"column": column, "row": row},
                confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
                fix=Fix(f"make the shapes equal: `{column}.squeeze(-1)`"),
            )


def _broadcasts(column: Shape, row: Shape) -> bool:
    return column.last == 1 and column.rank != 1 and row.rank == 1 and row.last != 1
