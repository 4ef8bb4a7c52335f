"""TL703: binary cross entropy of raw outputs."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.finding import Finding, Fix, Related, Severity
from trainlint.program.activations import Activation
from trainlint.program.query import Program
from trainlint.rule import Rule

_NO_PROBABILITIES = (Activation.LINEAR, Activation.TANH, Activation.LOG_SOFTMAX, Activation.LOG_SIGMOID)


class BceWithoutSigmoid(Rule):
    """Binary cross entropy is given numbers that are no probabilities.

    ## What it finds
    `BCELoss` or `binary_cross_entropy` of what comes straight out of a linear layer or a convolution, a tanh, or a
    log-softmax, wherever that stands: in the model's `forward`, as the last layer of a `Sequential`, in a helper. Every
    way in which the input can come about ends so.

    ## Why it hurts
    The loss takes the logarithm of its input. A number outside 0 … 1 stops the program with an error, on a GPU often
    with no more than a device-side assertion; while all outputs happen to lie inside, the model learns a probability
    with no layer that keeps it there. An output of 1 for a negative costs 100, where `BCELoss` cuts the logarithm off.

    ## What to do
    Use `BCEWithLogitsLoss`, which applies the sigmoid itself. It is also the better choice where there is a sigmoid:
    in 32 bits the sigmoid of 17 is 1 exactly, and the gradient there is lost.

    ## When to ignore it
    Never, if the loss is meant as a cross entropy.
    """

    code = "TL703"
    name = "bce-without-sigmoid"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.BCELoss.html",
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html",
    )
    bad = """
import torch
model = torch.nn.Linear(4, 1)
torch.nn.init.zeros_(model.weight)
torch.nn.init.constant_(model.bias, 0.5)
criterion = torch.nn.BCELoss()
loss = criterion(model(torch.randn(8, 4)), torch.ones(8, 1))
loss.backward()
"""
    good = """
import torch
model = torch.nn.Linear(4, 1)
torch.nn.init.zeros_(model.weight)
torch.nn.init.constant_(model.bias, 0.5)
criterion = torch.nn.BCEWithLogitsLoss()
loss = criterion(model(torch.randn(8, 4)), torch.ones(8, 1))
loss.backward()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        losses = ("torch.nn.BCELoss", "torch.nn.functional.binary_cross_entropy")
        for call, last in program.fed_with(_NO_PROBABILITIES, *losses):
            yield self.finding(
                call.place,
                f"`{call.text}` expects probabilities, and is given what comes out of `{last.text}`",
                related=() if last.place is None else (Related(last.place, f"gives {_RANGES[last.kind]}"),),
                evidence={"input": call.written(0, "input"), "last": last.kind.value},
                fix=Fix("use `BCEWithLogitsLoss`" if last.kind is Activation.LINEAR else "take a sigmoid in its place"),
            )


_RANGES = {
    Activation.LINEAR: "any number",
    Activation.TANH: "numbers between -1 and 1",
    Activation.LOG_SOFTMAX: "numbers below 0",
    Activation.LOG_SIGMOID: "numbers below 0",
}
