"""TL407: backward on a loss that has no path to the parameters."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.finding import Finding, Related, Severity
from trainlint.program.query import Program
from trainlint.rule import Rule


class DetachedLoss(Rule):
    """Backward is called on a loss that has no path to the parameters.

    ## What it finds
    `loss.backward()` where the graph from the loss to the model was cut: by `.item()`, `.data`, `.detach()`, `argmax`,
    by making a new tensor of it (`torch.tensor(loss)`, `Variable(loss)`), or because the forward ran under `no_grad`.
    Everything that the loss is computed from must be known to be without a graph; that a graph is there and reaches
    none of the parameters that are trained, only a run can tell.

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

    def check_program(self, program: Program) -> Iterator[Finding]:
        for called, cut in program.detached_losses():
            related = () if cut.place is None else (Related(cut.place, "here the graph ends"),)
            yield self.finding(
                called.place,
                f"`{called.text}` reaches no parameter: `{cut.text}` has cut the loss off from the model",
                related=related,
                evidence={"cut_by": cut.text},
            )
