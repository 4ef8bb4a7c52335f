"""TL708: a Kullback-Leibler divergence of the wrong things, or averaged over the wrong count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from trainlint.finding import Confidence, Finding, Fix, Related, Severity
from trainlint.program.activations import Activation
from trainlint.program.outputs import Passed
from trainlint.program.query import Program
from trainlint.program.records import Called
from trainlint.program.values import NONE, Constant, Object, Value
from trainlint.rule import Rule

_NO_LOGS = {Activation.LINEAR, Activation.SOFTMAX, Activation.SIGMOID, Activation.TANH}
_LOGS = {Activation.LOG_SOFTMAX, Activation.LOG_SIGMOID}


class KlDivInputNotLog(Rule):
    """The Kullback-Leibler divergence is given probabilities where it expects their logarithms, or the reverse.

    ## What it finds
    `kl_div` or `KLDivLoss` whose input has been through a softmax or sigmoid last, or comes straight out of a linear
    layer; whose target are log-probabilities without `log_target=True`, or probabilities with it. And, as a warning,
    the default `reduction="mean"`, which torch documents not to be the divergence.

    ## Why it hurts
    The loss is t (log t - x) with x taken for a log-probability. With a probability x between 0 and 1 instead it is
    linear in x and smallest where the class with the largest target gets everything: the student learns the teacher's
    argmax and none of the rest. With `reduction="mean"` the sum is divided by the number of classes as well: for 1,000
    classes the term is 1,000 times smaller than its weight says.

    ## What to do
    `kl_div(log_softmax(student, dim=1), softmax(teacher, dim=1), reduction="batchmean")`.

    ## When to ignore it
    The warning about `mean`: when the weight of the term was tuned with it.
    """

    code = "TL708"
    name = "kl-div-input-not-log"
    severity = Severity.ERROR
    since = "0.1"
    references = ("https://docs.pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html",)
    bad = """
import torch
import torch.nn.functional as F
student, teacher = torch.randn(8, 3, requires_grad=True), torch.randn(8, 3)
loss = F.kl_div(F.softmax(student, dim=1), F.softmax(teacher, dim=1), reduction="batchmean")
"""
    good = """
import torch
import torch.nn.functional as F
student, teacher = torch.randn(8, 3, requires_grad=True), torch.randn(8, 3)
loss = F.kl_div(F.log_softmax(student, dim=1), F.softmax(teacher, dim=1), reduction="batchmean")
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for call in program.applied("torch.nn.functional.kl_div", "torch.nn.KLDivLoss"):
            first = program.passed(call.arguments.get(0, "input"))
            target = program.passed(call.arguments.get(1, "target"))
            in_logs = _option(call, 5, 3, "log_target")
            if first and all(way.kind in _NO_LOGS for way in first):
                yield self._wrong(call, "input", "log-probabilities", first[0], "take a log-softmax of the input")
            elif target and in_logs in (None, Constant(False)) and all(way.kind in _LOGS for way in target):
                yield self._wrong(call, "target", "probabilities", target[0], "say `log_target=True`")
            elif target and in_logs == Constant(True) and all(way.kind in _NO_LOGS for way in target):
                yield self._wrong(call, "target", "log-probabilities", target[0], "leave `log_target` out")
            elif _takes_the_mean(call):
                finding = self.finding(
                    call.place,
                    f"`{call.text}` divides the divergence by the number of classes as well: its reduction is `mean`",
                    evidence={"reduction": "mean"},
                    confidence=Confidence.MEDIUM,
                    fix=Fix('use `reduction="batchmean"`, and weigh the term anew'),
                )
                yield replace(finding, severity=Severity.WARN)

    def _wrong(self, call: Called, argument: str, expected: str, last: Passed, way_out: str) -> Finding:
        return self.finding(
            call.place,
            f"`{call.text}` expects {expected} as its {argument}, and is given what comes out of `{last.text}`",
            related=() if last.place is None else (Related(last.place, f"gives {last.kind.value} outputs"),),
            evidence={"argument": argument, "last": last.kind.value},
            fix=Fix(way_out),
        )


def _option(call: Called, of_function: int, of_module: int, name: str) -> Value | None:
    """Return an option of the function, or of the constructor of the module that is applied."""
    if isinstance(call.callee, Object):
        return call.callee.arguments.get(of_module, name)
    return call.arguments.get(of_function, name)


def _takes_the_mean(call: Called) -> bool:
    older = (_option(call, 2, 0, "size_average"), _option(call, 3, 1, "reduce"))
    reduction = _option(call, 4, 2, "reduction")
    return all(value is None or value == NONE for value in older) and reduction in (None, Constant("mean"))
