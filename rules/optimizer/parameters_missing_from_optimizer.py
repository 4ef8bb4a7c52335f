"""TL603: a model is trained, and no optimizer holds its parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from trainlint.finding import Finding, Related, Severity
from trainlint.program.coverage import misplaced
from trainlint.rule import Rule

if TYPE_CHECKING:
    from trainlint.program.query import Program


class ParametersMissingFromOptimizer(Rule):
    """A model is trained, and no optimizer holds its parameters.

    ## What it finds
    Two or more models take part in one loss - an encoder and a head, a network and a metric-learning criterion with
    weights of its own - and the optimizers that step in the loop hold the parameters of some of them only: the backward
    computes gradients for the others, and nothing ever uses these. Where an optimizer holds the parameters of another
    model in their place, that is TL610.

    A model is left alone that is frozen, in whole or in part, that may have come with trained weights, or whose
    parameters the program takes for a purpose of its own. One part of a model left out is often meant; such a model is
    left to the run, which sees the gradients.

    ## Why it hurts
    The model keeps its random initialisation: 100 % of its gradients are computed and none is applied. The rest of the
    network learns around a random projection, which costs accuracy rather than raising an error, and the gradients of
    the left-out model add up from step to step, as its `.grad` is never cleared.

    ## What to do
    Give the optimizer the parameters of all models that it should train:
    `Adam([*encoder.parameters(), *head.parameters()])`, or one parameter group for each.

    ## When to ignore it
    When the model is meant to stay at its random initialisation. Say so with `requires_grad_(False)`, which also saves
    the gradients.
    """

    code = "TL603"
    name = "parameters-missing-from-optimizer"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/optim.html#constructing-it",
        "https://docs.pytorch.org/docs/stable/optim.html#per-parameter-options",
    )
    bad = """
import torch
encoder, head = torch.nn.Linear(8, 4), torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(encoder.parameters(), lr=0.1)
for _ in range(3):
    optimizer.zero_grad()
    loss = head(encoder(torch.randn(16, 8))).square().mean()
    loss.backward()
    optimizer.step()
"""
    good = """
import torch
encoder, head = torch.nn.Linear(8, 4), torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD([*encoder.parameters(), *head.parameters()], lr=0.1)
for _ in range(3):
    optimizer.zero_grad()
    loss = head(encoder(torch.randn(16, 8))).square().mean()
    loss.backward()
    optimizer.step()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for unheld, root in program.unheld():
            optimizer = unheld.optimizers[-1]
            if unheld.used or misplaced(unheld, root) is not None or optimizer.place is None:
                continue
            model = unheld.model.name or "model"
            yield self.finding(
                optimizer.place,
                f"no optimizer holds the parameters of `{model}`, though the loss is differentiated through it",
                related=(Related(unheld.forward.location, f"`{model}` takes part in the loss here"),),
                evidence={"model": model, "optimizers": len(unheld.optimizers)},
            )
