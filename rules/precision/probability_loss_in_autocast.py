"""TL312: a loss of probabilities is computed under autocast."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard

from trainlint.finding import Finding, Fix, Related, Severity
from trainlint.operations import Precision
from trainlint.program.query import Program
from trainlint.program.records import Called
from trainlint.program.tensors import Tensor
from trainlint.program.values import External, Object, Value
from trainlint.rule import Rule

LOSSES = ("torch.nn.BCELoss", "torch.nn.functional.binary_cross_entropy")
_LOGS = ("torch.log", ".log")
_SIGMOIDS = ("torch.sigmoid", "torch.nn.functional.sigmoid", "torch.nn.Sigmoid", ".sigmoid", "torch.special.expit")
_FULL = (".float", ".double")
MAX_STEPS_BACK = 8  # calls between a loss and the conversion to float32 that is looked for


class ProbabilityLossInAutocast(Rule):
    """A loss takes the logarithm of probabilities that autocast has rounded.

    ## What it finds
    `BCELoss`, `binary_cross_entropy` and `log(sigmoid(x))` where autocast is on, also inside a loss module of the
    project that is called there. Probabilities that were converted with `.float()`, and a block in which autocast is
    disabled, are right. `log(softmax(x))` is left alone: on CUDA autocast computes both in float32.

    ## Why it hurts
    Near 1, float16 has 11 bits: from a logit of 8.4 on a sigmoid is exactly 1 (6.3 in bfloat16, 17 in float32). The
    loss of a confident mistake is then cut off at 100 and its gradient is 0 or NaN: the samples that matter most teach
    nothing. On CUDA PyTorch therefore refuses `BCELoss` under autocast with an error, in the first step that has it
    on; on the CPU it goes ahead.

    ## What to do
    Let the model return logits and use `BCEWithLogitsLoss` (or `logsigmoid`), which is safe. Or compute the loss on
    `.float()` probabilities inside `torch.autocast(…, enabled=False)`.

    ## When to ignore it
    When the probabilities are in float32 already, out of sight of the reader.
    """

    code = "TL312"
    name = "probability-loss-in-autocast"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/amp.html#prefer-binary-cross-entropy-with-logits-over-binary-cross-entropy",
        "https://docs.pytorch.org/docs/stable/amp.html#autocast-op-reference",
    )
    bad = """
import torch
model = torch.nn.Sequential(torch.nn.Linear(4, 1), torch.nn.Sigmoid())
criterion = torch.nn.BCELoss()
with torch.autocast("cpu", dtype=torch.bfloat16):
    loss = criterion(model(torch.randn(8, 4)), torch.ones(8, 1))
"""
    good = """
import torch
model = torch.nn.Linear(4, 1)
criterion = torch.nn.BCEWithLogitsLoss()
with torch.autocast("cpu", dtype=torch.bfloat16):
    loss = criterion(model(torch.randn(8, 4)), torch.ones(8, 1))
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        others = {made.origin for made in program.objects if _is_loss(made.origin)} - set(LOSSES)
        shared = {call.place for call in program.calls(*others)}  # here another loss may be called as well
        applied = {id(call.callee): call for call in program.calls("") if _is_on(call.autocast)}
        for loss in [*program.calls(*LOSSES), *filter(_of_sigmoid, program.calls(*_LOGS))]:
            around = loss if _is_on(loss.autocast) else None
            if loss.autocast is None and loss.within is not None and applied:
                modules = program.modules_around(loss)
                around = next((applied[id(module)] for module in modules if id(module) in applied), None)
            if around is None or around.autocast is None or _makes_loss(loss) or _in_full(_input(loss)):
                continue
            place = loss.callee.place if isinstance(loss.callee, Object) and loss.place in shared else loss.place
            within = Related(around.place, f"`{around.text}` is called under autocast")
            yield self.finding(
                place or loss.place,
                f"`{loss.text}` takes the logarithm of probabilities under autocast{_named(around.autocast)}",
                related=() if place == around.place else (within,),
                evidence={"loss": loss.name, "autocast": around.autocast.value},
                fix=Fix("use logits with `BCEWithLogitsLoss`, or compute the loss in float32 with autocast disabled"),
            )


def _is_loss(origin: object) -> TypeGuard[str]:
    return isinstance(origin, str) and origin.startswith("torch.nn.") and origin.endswith("Loss")


def _is_on(precision: Precision | None) -> bool:
    return precision is not None and precision is not Precision.FULL


def _named(precision: Precision) -> str:
    return "" if precision is Precision.LOWER else f" ({precision.value})"


def _makes_loss(call: Called) -> bool:
    return call.callee == External("torch.nn.BCELoss") or (call.makes and call.name == "torch.nn.BCELoss")


def _input(call: Called) -> Value | None:
    return call.receiver or call.arguments.get(0, "input")


def _of_sigmoid(log: Called) -> bool:
    given = _input(log)
    return isinstance(given, Tensor) and given.made_by is not None and given.made_by.name in _SIGMOIDS


def _in_full(value: Value | None) -> bool:
    """Tell whether a tensor was converted to float32 on its way, call by call."""
    for _ in range(MAX_STEPS_BACK):
        if not isinstance(value, Tensor) or value.made_by is None:
            return False
        made_by = value.made_by
        if made_by.name in _FULL:
            return True
        if made_by.name == ".to":
            return any(
                a == External("torch.float32") or a == External("torch.float") for a in made_by.arguments.values()
            )
        if isinstance(made_by.callee, Object):
            return False  # a layer: what came before it is not its precision
        value = _input(made_by)
    return False
