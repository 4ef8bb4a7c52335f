"""TL701: cross entropy of probabilities."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.edit import Rewrite
from trainlint.finding import Finding, Fix, Related, Severity
from trainlint.program.activations import Activation
from trainlint.program.query import Program
from trainlint.rule import Rule

_PROBABILITIES = (Activation.SOFTMAX, Activation.SIGMOID)


class SoftmaxBeforeCrossEntropy(Rule):
    """Cross entropy is given probabilities, and applies its own softmax to them.

    ## What it finds
    `CrossEntropyLoss` or `cross_entropy` of something that has been through a softmax or a sigmoid last: right before,
    as the last layer of the model, or in a helper, in whatever file. Every way in which the input can come about ends
    so; a model that returns probabilities in eval mode only is left alone. Log-probabilities are right as well: another
    log-softmax changes nothing of them.

    ## Why it hurts
    The loss takes the softmax of numbers between 0 and 1. With 10 classes a perfect prediction gets probability
    e / (e + 9) = 0.23 and the loss cannot fall below 1.46; with 1,000 classes not below 5.91, where guessing gives
    6.91. The gradient goes through both softmaxes and vanishes as the first one becomes sure. Training looks healthy,
    is slower and ends at a lower accuracy.

    ## What to do
    Give the loss the raw outputs of the last layer, and take the softmax only where probabilities are needed. The fix
    is unsafe because other code may rely on the model returning probabilities.

    ## When to ignore it
    When the bounded loss is meant, as in some work on noisy labels.
    """

    code = "TL701"
    name = "softmax-before-cross-entropy"
    severity = Severity.ERROR
    since = "0.1"
    references = ("https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html",)
    bad = """
import torch
model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Softmax(dim=1))
criterion = torch.nn.CrossEntropyLoss()
loss = criterion(model(torch.randn(8, 4)), torch.randint(3, (8,)))
loss.backward()
"""
    good = """
import torch
model = torch.nn.Sequential(torch.nn.Linear(4, 3))
criterion = torch.nn.CrossEntropyLoss()
loss = criterion(model(torch.randn(8, 4)), torch.randint(3, (8,)))
loss.backward()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        losses = ("torch.nn.CrossEntropyLoss", "torch.nn.functional.cross_entropy")
        for call, last in program.fed_with(_PROBABILITIES, *losses):
            yield self.finding(
                call.place,
                f"`{call.text}` applies a softmax to what has been through `{last.text}` before",
                related=() if last.place is None else (Related(last.place, f"makes probabilities: {last.kind.value}"),),
                evidence={"input": call.written(0, "input"), "last": last.kind.value},
                fix=Fix(
                    f"give `{call.text}` the raw outputs, without `{last.text}`",
                    edits=() if last.place is None or last.layer is not None else (Rewrite(last.place, "{inner}"),),
                ),
            )
