"""TL702: binary cross entropy with logits of probabilities."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.edit import Rewrite
from trainlint.finding import Finding, Fix, Related, Severity
from trainlint.program.activations import Activation
from trainlint.program.query import Program
from trainlint.rule import Rule

_PROBABILITIES = (Activation.SIGMOID, Activation.SOFTMAX)
_LOSSES = (
    "torch.nn.BCEWithLogitsLoss",
    "torch.nn.functional.binary_cross_entropy_with_logits",
    "torch.nn.MultiLabelSoftMarginLoss",
    "torch.nn.functional.multilabel_soft_margin_loss",
    "torchvision.ops.sigmoid_focal_loss",
)


class SigmoidBeforeBceWithLogits(Rule):
    """A loss that applies a sigmoid itself is given probabilities.

    ## What it finds
    `BCEWithLogitsLoss`, `binary_cross_entropy_with_logits`, `MultiLabelSoftMarginLoss` or torchvision's
    `sigmoid_focal_loss` of something that has been through a sigmoid or a softmax last: right before, as the last layer
    of the model, or in a helper, in whatever file. Every way in which the input can come about ends so.

    ## Why it hurts
    The sigmoid of a number between 0 and 1 lies between 0.5 and 0.73. The model cannot say "no": a sure negative still
    costs 0.693, as much as a guess, and a sure positive 0.313. The gradient is multiplied by p (1 - p), a quarter at
    most, and vanishes as the model becomes sure.

    ## What to do
    Give the loss the raw outputs of the last layer, and take the sigmoid only where probabilities are needed. That is
    also numerically safer than a sigmoid with `BCELoss`. The fix is unsafe because other code may rely on the model
    returning probabilities.

    ## When to ignore it
    When the bounded loss is meant.
    """

    code = "TL702"
    name = "sigmoid-before-bce-with-logits"
    severity = Severity.ERROR
    since = "0.1"
    references = ("https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html",)
    bad = """
import torch
model = torch.nn.Sequential(torch.nn.Linear(4, 1), torch.nn.Sigmoid())
criterion = torch.nn.BCEWithLogitsLoss()
loss = criterion(model(torch.randn(8, 4)), torch.ones(8, 1))
loss.backward()
"""
    good = """
import torch
model = torch.nn.Sequential(torch.nn.Linear(4, 1))
criterion = torch.nn.BCEWithLogitsLoss()
loss = criterion(model(torch.randn(8, 4)), torch.ones(8, 1))
loss.backward()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for call, last in program.fed_with(_PROBABILITIES, *_LOSSES):
            yield self.finding(
                call.place,
                f"`{call.text}` applies a sigmoid to what has been through `{last.text}` before",
                related=() if last.place is None else (Related(last.place, f"makes probabilities: {last.kind.value}"),),
                evidence={"input": call.written(0, "input"), "last": last.kind.value},
                fix=Fix(
                    f"give `{call.text}` the raw outputs, without `{last.text}`",
                    edits=() if last.place is None or last.layer is not None else (Rewrite(last.place, "{inner}"),),
                ),
            )
