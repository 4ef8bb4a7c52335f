"""TL706: the target given to a loss as its input, and the model's output as its target."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.finding import Confidence, Finding, Fix, Severity
from trainlint.program.provenance import Origin
from trainlint.program.query import Program
from trainlint.program.records import Called
from trainlint.rule import Rule

# Losses for which it matters which of the two is which.
_LOSSES = tuple(
    f"torch.nn.{name}"
    for name in (
        *("CrossEntropyLoss", "functional.cross_entropy", "NLLLoss", "functional.nll_loss"),
        *("BCELoss", "functional.binary_cross_entropy"),
        *("BCEWithLogitsLoss", "functional.binary_cross_entropy_with_logits"),
        *("MultiLabelSoftMarginLoss", "functional.multilabel_soft_margin_loss"),
        *("PoissonNLLLoss", "functional.poisson_nll_loss"),
    )
)
_DIVERGENCES = ("torch.nn.KLDivLoss", "torch.nn.functional.kl_div")
# Names as evidence of last resort: of a variable, perhaps with a method behind it.
_TAIL = r"(_batch|_var|_?\w)?(\.\w+\(\S*\))*"
_TARGET = re.compile(rf"(\w+\.)*(\w+_)?(y|y_true|targets?|labels?|gt|ground_truth){_TAIL}")
_OUTPUT = re.compile(rf"(\w+\.)*(\w+_)?(outputs?|logits?|preds?|predictions?|y_pred|y_hat){_TAIL}")


class LossArgumentsSwapped(Rule):
    """A loss is given the target first and the model's output second.

    ## What it finds
    A call of a loss in which input and target mean different things (cross entropy, negative log likelihood, binary
    cross entropy, Kullback-Leibler divergence) whose first argument is an item of the loader's batch, or made from
    numbers, and whose second comes out of a model. Where neither is known, the names must say so: `criterion(labels,
    outputs)`; such findings are less sure. Squared and absolute errors are the same either way and are left alone.

    ## Why it hurts
    With shapes that fit, nothing stops the program. `BCEWithLogitsLoss(target, output)` is
    log(1 + e^t) - t x, linear in the output x: it has no minimum, and for a target of 1 it falls by 1 for each unit
    that x grows, for ever. Cross entropy of soft targets takes the logarithm of a softmax of the target, a constant,
    and is linear in the output as well.

    ## What to do
    `loss(output, target)`: torch's losses take the model's output first; scikit-learn's take the truth first.

    ## When to ignore it
    When the reverse divergence is meant, KL of the model from the data.
    """

    code = "TL706"
    name = "loss-arguments-swapped"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/nn.html#loss-functions",
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html",
    )
    bad = """
import torch
model = torch.nn.Linear(4, 1)
criterion = torch.nn.BCEWithLogitsLoss()
target = torch.ones(8, 1)
loss = criterion(target, model(torch.randn(8, 4)))
loss.backward()
"""
    good = """
import torch
model = torch.nn.Linear(4, 1)
criterion = torch.nn.BCEWithLogitsLoss()
target = torch.ones(8, 1)
loss = criterion(model(torch.randn(8, 4)), target)
loss.backward()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for call in program.applied(*_LOSSES, *_DIVERGENCES):
            confidence = _confidence(program, call)
            if confidence is None:
                continue
            first, second = call.written(0, "input"), call.written(1, "target")
            yield self.finding(
                call.place,
                f"`{call.text}` takes the model's output first, and is given `{first}` there and `{second}` as target",
                evidence={"input": first, "target": second},
                confidence=confidence,
                fix=Fix(f"swap them: `{call.text}({second}, {first})`"),
            )


def _confidence(program: Program, call: Called) -> Confidence | None:
    """Return how sure it is that the arguments are swapped; `None` where nothing says so."""
    first, second = program.origin(call.arguments.get(0, "input")), program.origin(call.arguments.get(1, "target"))
    data = (Origin.BATCH,) if call.name in _DIVERGENCES else (Origin.BATCH, Origin.MADE)
    if first in data and second is Origin.FORWARD:
        return Confidence.HIGH
    if first is Origin.FORWARD or second in data or call.name in _DIVERGENCES:
        return None
    named = _TARGET.fullmatch(call.written(0, "input")) and _OUTPUT.fullmatch(call.written(1, "target"))
    return Confidence.MEDIUM if named else None
