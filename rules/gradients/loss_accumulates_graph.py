"""TL404: a running total that keeps the graph of every batch."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.edit import Rewrite
from trainlint.finding import Finding, Fix, Related, Severity
from trainlint.program.query import Program
from trainlint.rule import Rule


class LossAccumulatesGraph(Rule):
    """A running total or a list of losses keeps the graph of every batch alive.

    ## What it finds
    `total += loss`, `meter.update(loss)` or `losses.append(loss)` in a training loop, where `loss` still has its
    graph, the total outlives the iteration, and the loop's own `backward` has already freed that graph. No backward
    can go through the total any more, so what it drags along serves nothing. Summing the losses of one step and going
    backward through the sum is something else. An evaluation loop that does this has no backward: TL103 speaks of it.

    ## Why it hurts
    Each iteration adds the nodes of one more graph, which are freed only with the total. Measured with 100 linear
    layers of width 8: 1,000 batches hold 149 MiB of host memory, with `total += loss.detach()` less than 1. What the
    graph refers to outside of itself stays alive as well. After hours the run dies of memory, far from the line that is
    to blame, and freeing the long chain may overflow the stack.

    ## What to do
    Add `loss.item()`, or `loss.detach()`, which does not wait for the GPU.

    ## When to ignore it
    When the loop is so short that nobody will notice.
    """

    code = "TL404"
    name = "loss-accumulates-graph"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/notes/faq.html#my-model-reports-cuda-runtime-error-2-out-of-memory",
        "https://docs.pytorch.org/docs/stable/generated/torch.Tensor.detach.html",
    )
    bad = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
total = 0.0
for inputs, targets in [(torch.randn(8, 4), torch.randn(8, 2))] * 10:
    loss = torch.nn.functional.mse_loss(model(inputs), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    total += loss
"""
    good = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
total = 0.0
for inputs, targets in [(torch.randn(8, 4), torch.randn(8, 2))] * 10:
    loss = torch.nn.functional.mse_loss(model(inputs), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    total += loss.item()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for pile in program.piles():
            backward = pile.backward.called
            yield self.finding(
                pile.place,
                f"`{pile.name}` {'adds up' if pile.adds else 'collects'} losses with their graphs, batch after batch",
                related=(Related(backward.place, "this backward frees the graph: nothing can go through it again"),),
                evidence={"total": pile.name, "backward": backward.text},
                fix=Fix(
                    f"{'add' if pile.adds else 'keep'} the loss without its graph: `.detach()`",
                    True,
                    (Rewrite(pile.place, "{}.detach()", part="added"),),
                ),
            )
