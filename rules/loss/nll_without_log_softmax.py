"""TL704: negative log likelihood of what are no log-probabilities."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.finding import Finding, Fix, Related, Severity
from trainlint.program.activations import Activation
from trainlint.program.query import Program
from trainlint.rule import Rule

_NO_LOGS = (Activation.LINEAR, Activation.SOFTMAX, Activation.SIGMOID, Activation.TANH)


class NllWithoutLogSoftmax(Rule):
    """The negative log likelihood is taken of what are no log-probabilities.

    ## What it finds
    `NLLLoss` or `nll_loss` of what comes straight out of a linear layer or a convolution, or has been through a
    softmax, sigmoid or tanh last, wherever that stands: in the model's `forward`, as the last layer of a `Sequential`,
    in a helper. Every way in which the input can come about ends so. The logarithm of a softmax is taken as right here.

    ## Why it hurts
    The loss only picks the entry of the right class and changes its sign. With raw outputs it has no lower bound: the
    model makes that entry as large as it can, the others do not matter, and the loss runs to minus infinity. With
    probabilities it is -p instead of -log p: the loss moves between -1 and 0, and for a sample that gets p = 0.01 the
    gradient is 100 times too small.

    ## What to do
    Give it `log_softmax(outputs, dim=1)`, or use `CrossEntropyLoss`, which does both.

    ## When to ignore it
    When -p is meant, the expected number of errors.
    """

    code = "TL704"
    name = "nll-without-log-softmax"
    severity = Severity.ERROR
    since = "0.1"
    references = ("https://docs.pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html",)
    bad = """
import torch
model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Softmax(dim=1))
criterion = torch.nn.NLLLoss()
loss = criterion(model(torch.randn(8, 4)), torch.randint(3, (8,)))
loss.backward()
"""
    good = """
import torch
model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.LogSoftmax(dim=1))
criterion = torch.nn.NLLLoss()
loss = criterion(model(torch.randn(8, 4)), torch.randint(3, (8,)))
loss.backward()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        losses = ("torch.nn.NLLLoss", "torch.nn.NLLLoss2d", "torch.nn.functional.nll_loss")
        for call, last in program.fed_with(_NO_LOGS, *losses):
            what = "raw outputs" if last.kind is Activation.LINEAR else last.kind.value
            yield self.finding(
                call.place,
                f"`{call.text}` expects log-probabilities, and is given what comes out of `{last.text}`",
                related=() if last.place is None else (Related(last.place, f"gives no log-probabilities: {what}"),),
                evidence={"input": call.written(0, "input"), "last": last.kind.value},
                fix=Fix(
                    "use `CrossEntropyLoss`" if last.kind is Activation.LINEAR else "take a log-softmax in its place"
                ),
            )
