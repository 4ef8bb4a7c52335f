"""TL409: the graph is retained where one backward suffices."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.edit import SetArgument
from trainlint.finding import Confidence, Finding, Fix, Related, Severity
from trainlint.program.query import Program
from trainlint.rule import Rule


class RetainGraphInLoop(Rule):
    """The graph is retained although only one backward goes through it.

    ## What it finds
    `loss.backward(retain_graph=True)` in a loop, where everything that the loss is computed from is computed anew in
    each iteration, and no other backward goes through any of it. Where two losses share a graph, as in a GAN whose
    generator and discriminator see the same fake, or where gradients are differentiated again, retaining is right.
    Of a model that is not known, confidence is only medium: it could keep a state with its graph.

    ## Why it hurts
    Without the flag, `backward` frees the saved activations as it goes. With it they live until `loss` is bound anew:
    while the forward of the next batch runs, the activations of 2 batches are held instead of 1. And the flag hides a
    bug: a state that is carried on with its graph would raise an error at once, and now grows from batch to batch.

    ## What to do
    Leave `retain_graph=True` out. If PyTorch then complains of a second backward, two iterations share a graph that
    should have been detached.

    ## When to ignore it
    When code that is not checked goes backward through the same graph.
    """

    code = "TL409"
    name = "retain-graph-in-loop"
    severity = Severity.WARN
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/generated/torch.Tensor.backward.html",
        "https://docs.pytorch.org/docs/stable/notes/autograd.html#saved-tensors",
    )
    bad = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for inputs, targets in [(torch.randn(8, 4), torch.randn(8, 2))] * 10:
    loss = torch.nn.functional.mse_loss(model(inputs), targets)
    optimizer.zero_grad()
    loss.backward(retain_graph=True)
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

    def check_program(self, program: Program) -> Iterator[Finding]:
        for each, sure in program.retained_in_vain():
            called = each.called
            loop = each.loop
            related = (Related(loop.place, "each iteration makes its own graph"),) if loop and loop.place else ()
            yield self.finding(
                called.place,
                f"`{called.text}` retains a graph that no other backward goes through",
                related=related,
                evidence={"backwards_through_this_graph": 1},
                confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
                fix=Fix("leave `retain_graph=True` out", sure, (SetArgument(called.place, "retain_graph", None),)),
            )
