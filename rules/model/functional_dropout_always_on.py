"""TL106: functional dropout that does not know the mode of its module."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.edit import SetArgument, Written
from trainlint.finding import Confidence, Finding, Fix, Severity
from trainlint.program.facts import render
from trainlint.program.query import Program
from trainlint.program.records import Called
from trainlint.program.values import ClassValue, Constant
from trainlint.rule import Rule

# Those whose `training` is `True` unless said otherwise; that of `alpha_dropout` is `False`.
DROPOUTS = tuple(f"torch.nn.functional.{name}" for name in ("dropout", "dropout1d", "dropout2d", "dropout3d"))
POSITION = 2  # of `training`: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html
# Names of classes and functions whose randomness is wanted.
WANTED = re.compile(r"(?:^|_)mc(?:_|[A-Z]|$)|^MC|monte|bayes|stochastic|uncertain|noise|always|augment|corrupt", re.I)
# Names of tests that tell training from evaluation.
MODE = re.compile(r"train|eval|test|infer|mode|phase|sampl|predict", re.I)


class FunctionalDropoutAlwaysOn(Rule):
    """Functional dropout inside a module, `F.dropout(x, p)`, drops in eval mode, too.

    ## What it finds
    `torch.nn.functional.dropout` (or `dropout1d`, `dropout2d`, `dropout3d`) in the forward of a module, or in what that
    calls, without `training=`, and not under a test of the mode.

    ## Why it hurts
    The function does not know of the module: its `training` is `True` by default, and `model.eval()` cannot reach it.
    Each prediction uses another random half of the units at the default `p=0.5`: the same input gives another output
    each time, and the validation metric is that of a thinned network, which Srivastava et al. found about 0.3 to 1
    percentage points worse on MNIST than the averaged one even after drawing dozens of samples.

    ## What to do
    Pass the mode on: `F.dropout(x, p, training=self.training)`; or keep an `nn.Dropout` in `__init__`, which knows it.

    ## When to ignore it
    When dropout is wanted at prediction time, as in Monte-Carlo dropout; `training=True` says so and is not reported.
    """

    code = "TL106"
    name = "functional-dropout-always-on"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html",
        "Srivastava et al., Dropout, JMLR 2014, section 7.5",
    )
    bad = """
import torch
from torch import nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(F.dropout(x, p=0.5))

model = Net().eval()
outputs = model(torch.randn(8, 4))
"""
    good = """
import torch
from torch import nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(F.dropout(x, p=0.5, training=self.training))

model = Net().eval()
outputs = model(torch.randn(8, 4))
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for called in program.calls(*DROPOUTS):
            if called.within is None or called.arguments.get(POSITION, "training") is not None:
                continue
            rate = called.arguments.get(1, "p")
            if rate == Constant(0) or _is_wanted(called) or any(MODE.search(render(test)) for test in called.asked):
                continue
            yield self.finding(
                called.place,
                f"`{called.text}` drops in eval mode, too: it is not told the mode of `{_owner(called)}`",
                evidence={
                    "module": _owner(called),
                    "p": called.written(1, "p") or "0.5",
                    "training": "True, by default",
                },
                confidence=Confidence.HIGH,
                fix=_fix(called),
            )


def _owner(called: Called) -> str:
    """Return the class whose forward drops: that of the innermost method, not of a module around it."""
    for function in reversed(called.functions):
        if function.owner is not None:
            return function.owner.facts.name
    assert called.within is not None
    origin = called.within.origin
    return origin.facts.name if isinstance(origin, ClassValue) else origin


def _is_wanted(called: Called) -> bool:
    names = [_owner(called), *(function.name for function in called.functions)]
    return any(WANTED.search(name) for name in names)


def _fix(called: Called) -> Fix:
    in_method = bool(called.functions) and called.functions[-1].receiver is not None
    title = "pass `training=self.training`" if in_method else "take the mode as an argument, and pass `training=`"
    if not in_method:
        return Fix(title)
    method = called.functions[-1].facts
    receiver = method.parameters[0].name if method.parameters else "self"
    edit = SetArgument(called.place, "training", "{self}.training", POSITION, (("self", Written(receiver)),))
    return Fix(title, True, (edit,))
