"""TL610: the optimizer holds another model's parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from trainlint.finding import Finding, Related, Severity
from trainlint.program.coverage import misplaced
from trainlint.rule import Rule

if TYPE_CHECKING:
    from trainlint.program.query import Program


class OptimizerWrongModel(Rule):
    """The optimizer holds another model's parameters.

    ## What it finds
    A model that a loss is differentiated through and that no optimizer holds, while an optimizer that steps in the same
    loop holds parameters which it has no use for: either no backward ever reaches them, or another optimizer holds the
    very same ones. That is what is left behind when a line is copied for a second model and one name is not changed, or
    when the model is built anew after the optimizer.

    ## Why it hurts
    The model never changes: its 0th step is its last. The optimizer moves a model that the loss does not depend on, or
    moves one model twice per step with two sets of running averages, and raises no error.

    ## What to do
    Give the optimizer the parameters of the model that it is meant to train.

    ## When to ignore it
    When the model is meant to stay as it is made; freeze it with `requires_grad_(False)`.
    """

    code = "TL610"
    name = "optimizer-wrong-model"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/optim.html#constructing-it",
        "https://docs.pytorch.org/tutorials/beginner/dcgan_faces_tutorial.html#loss-functions-and-optimizers",
    )
    bad = """
import torch
teacher, student = torch.nn.Linear(8, 2), torch.nn.Linear(8, 2)
optimizer = torch.optim.SGD(teacher.parameters(), lr=0.1)
for _ in range(3):
    inputs = torch.randn(16, 8)
    with torch.no_grad():
        targets = teacher(inputs)
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(student(inputs), targets).backward()
    optimizer.step()
"""
    good = """
import torch
teacher, student = torch.nn.Linear(8, 2), torch.nn.Linear(8, 2)
optimizer = torch.optim.SGD(student.parameters(), lr=0.1)
for _ in range(3):
    inputs = torch.randn(16, 8)
    with torch.no_grad():
        targets = teacher(inputs)
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(student(inputs), targets).backward()
    optimizer.step()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for unheld, root in program.unheld():
            optimizer = misplaced(unheld, root)
            if optimizer is None or optimizer.place is None:
                continue
            model, holder = unheld.model.name or "model", optimizer.name or "optimizer"
            yield self.finding(
                optimizer.place,
                f"`{holder}` holds the parameters of another model: those of `{model}` are in no optimizer",
                related=(Related(unheld.forward.location, f"the loss is differentiated through `{model}` here"),),
                evidence={"model": model, "optimizer": holder},
            )
