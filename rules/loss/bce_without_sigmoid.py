"""TL703: binary cross entropy of raw outputs."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.finding import Confidence, Finding, Fix, Place, Related, Severity
from trainlint.program.activations import Activation
from trainlint.program.outputs import operand
from trainlint.program.query import Program
from trainlint.program.records import Called
from trainlint.program.tensors import Tensor
from trainlint.program.values import Unknown, Value
from trainlint.rule import Rule

_LOSSES = ("torch.nn.BCELoss", "torch.nn.functional.binary_cross_entropy")
_SIGMOIDS = (".sigmoid", "torch.sigmoid", "torch.nn.functional.sigmoid", "torch.special.expit", "torch.nn.Sigmoid")
_NO_PROBABILITIES = (Activation.LINEAR, Activation.TANH, Activation.LOG_SOFTMAX, Activation.LOG_SIGMOID)


class BceWithoutSigmoid(Rule):
    """Binary cross entropy is given numbers that are no probabilities.

    ## What it finds
    `BCELoss` or `binary_cross_entropy` of what comes straight out of a linear layer or a convolution, a tanh, or a
    log-softmax, wherever that stands: in the model's `forward`, as the last layer of a `Sequential`, in a helper. Every
    way in which the input can come about ends so. Where nothing is known of the input, but a sigmoid is taken of the
    very same tensor beside the loss, it is no probability either; such findings are less sure.

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
        for call, last in program.fed_with(_NO_PROBABILITIES, *_LOSSES):
            yield self.finding(
                call.place,
                f"`{call.text}` expects probabilities, and is given what comes out of `{last.text}`",
                related=() if last.place is None else (Related(last.place, f"gives {_RANGES[last.kind]}"),),
                evidence={"input": call.written(0, "input"), "last": last.kind.value},
                fix=Fix("use `BCEWithLogitsLoss`" if last.kind is Activation.LINEAR else "take a sigmoid in its place"),
            )
        for call, sigmoid in _of_logits(program):
            written = call.written(0, "input")
            yield self.finding(
                call.place,
                f"`{call.text}` expects probabilities, and is given `{written}`, of which `{sigmoid.text}` makes some",
                related=(Related(sigmoid.place, "takes the sigmoid of the same numbers"),),
                evidence={"input": written, "last": "logits"},
                confidence=Confidence.MEDIUM,
                fix=Fix("use `binary_cross_entropy_with_logits`"),
            )


def _of_logits(program: Program) -> Iterator[tuple[Called, Called]]:
    """Yield the losses of something not known of which a sigmoid is taken beside them: it is no probability yet.

    Beside is in the same block of the same function: of two branches, one may be for logits and the other for
    probabilities.
    """
    losses = [call for call in program.applied(*_LOSSES) if program.called_at[call.place] <= set(_LOSSES)]
    if not losses:
        return

    def at(given: Value, call: Called) -> tuple[object, ...]:
        return given.key, call.root, call.block, *(id(function.facts) for function in call.functions[-1:])

    sigmoids: dict[tuple[object, ...], Called] = {}
    for call in program.calls(*_SIGMOIDS):
        source = operand(call)
        if source is not None and call.result is not None:
            sigmoids[at(source, call)] = call
    seen: set[Place | None] = set()
    for call in losses:
        given = call.arguments.get(0, "input")
        sigmoid = sigmoids.get(at(given, call)) if isinstance(given, (Tensor, Unknown)) else None
        if sigmoid is not None and not program.passed(given) and call.place not in seen:
            seen.add(call.place)
            yield call, sigmoid


_RANGES = {
    Activation.LINEAR: "any number",
    Activation.TANH: "numbers between -1 and 1",
    Activation.LOG_SOFTMAX: "numbers below 0",
    Activation.LOG_SIGMOID: "numbers below 0",
}
