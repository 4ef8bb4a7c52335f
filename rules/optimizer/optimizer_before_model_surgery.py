"""TL602: layers are replaced after the optimizer took the old parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from trainlint.finding import Finding, Related, Severity
from trainlint.rule import Rule

if TYPE_CHECKING:
    from trainlint.program.query import Program


class OptimizerBeforeModelSurgery(Rule):
    """Layers are replaced after the optimizer took the old parameters.

    ## What it finds
    An optimizer is made over a model's parameters, then a layer or a parameter of that model is replaced or added -
    typically a new head for fine-tuning, `model.fc = nn.Linear(512, 10)` - and the optimizer goes on stepping. Adding
    the new parameters with `add_param_group`, or making the optimizer anew, is right. So is moving the model to another
    device or type, which keeps the parameters and only exchanges what they contain, and so are in-place
    re-initialisations such as `model.apply(init)`.

    ## Why it hurts
    The new layer's parameters are in no group: its 0 updates leave it at its random initialisation, while the optimizer
    keeps the old layer's weights alive in memory and steps them without gradients. The features learn to serve a random
    head; accuracy stays well below what the same training reaches with the lines in the right order.

    ## What to do
    Change the model first and make the optimizer, and the scheduler that drives it, afterwards.

    ## When to ignore it
    When the new layer is meant to stay as it is made.
    """

    code = "TL602"
    name = "optimizer-before-model-surgery"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/optim.html#constructing-it",
        "https://docs.pytorch.org/docs/stable/generated/torch.optim.Optimizer.add_param_group.html",
    )
    bad = """
import torch
model = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.ReLU(), torch.nn.Linear(8, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
model[2] = torch.nn.Linear(8, 2)
for _ in range(3):
    optimizer.zero_grad()
    model(torch.randn(16, 8)).square().mean().backward()
    optimizer.step()
"""
    good = """
import torch
model = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.ReLU(), torch.nn.Linear(8, 10))
model[2] = torch.nn.Linear(8, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(3):
    optimizer.zero_grad()
    model(torch.randn(16, 8)).square().mean().backward()
    optimizer.step()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for surgery in program.surgeries():
            graft, optimizer = surgery.graft, surgery.optimizer
            if optimizer.place is None:
                continue
            name = optimizer.name or "optimizer"
            yield self.finding(
                graft.place,
                f"`{graft.target}` is set after `{name}` took the model's parameters: `{name}` never trains it",
                related=(Related(optimizer.place, f"`{name}` takes the parameters that the model has here"),),
                evidence={"optimizer": name, "layer": graft.target},
            )
