"""TL705: a softmax along an axis that nobody chose, or along one that holds a single number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from trainlint.finding import Confidence, Finding, Fix, Severity
from trainlint.program.query import Program
from trainlint.program.records import Called
from trainlint.program.values import NONE, Constant, Object, Value
from trainlint.rule import Rule

_FUNCTIONS = tuple(f"torch.nn.functional.{name}" for name in ("softmax", "log_softmax", "softmin"))
_MODULES = ("torch.nn.Softmax", "torch.nn.LogSoftmax", "torch.nn.Softmin")
_WITH_DIM = (*_FUNCTIONS, "torch.softmax", "torch.log_softmax", ".softmax", ".log_softmax", *_MODULES)
_LOSSES = ("torch.nn.CrossEntropyLoss", "torch.nn.functional.cross_entropy")

# `_get_softmax_dim` in torch/nn/functional.py: without `dim`, axis 0 for tensors of 0, 1 or 3 axes, else axis 1.
_OVER_THE_FIRST = 3
_AS_MEANT = (1, 2, 4)


class SoftmaxWithoutDim(Rule):
    """A softmax runs along an axis that was not chosen, or along one that holds a single number.

    ## What it finds
    `softmax`, `log_softmax`, `nn.Softmax()` or `nn.LogSoftmax()` without `dim`: an error where the tensor is known to
    have three axes, a warning where the number of axes is not known, and nothing where it is known to be harmless. And
    a softmax, or `CrossEntropyLoss`, over the single output of a `Linear(…, 1)`.

    ## Why it hurts
    Without `dim`, the axis depends on the number of axes: 1 for two or four, but 0 for three. On `(B, T, C)` the
    probabilities then add up to 1 over the batch: each sample's depend on the others', and with another batch size
    another model results. Over a single number the softmax is 1 whatever the input, its logarithm and the cross entropy
    are 0, and so are all gradients: the model does not train.

    ## What to do
    Say which axis is meant, usually `dim=-1`, or `dim=1` for `(N, C, H, W)`. For two classes with one output use
    `BCEWithLogitsLoss`.

    ## When to ignore it
    When the tensor always has two axes; `dim=1` says so, and silences torch's own warning.
    """

    code = "TL705"
    name = "softmax-without-dim"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html",
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.Softmax.html",
    )
    bad = """
import torch
scores = torch.randn(4, 5, 6)
weights = torch.nn.functional.softmax(scores)
"""
    good = """
import torch
scores = torch.randn(4, 5, 6)
weights = torch.nn.functional.softmax(scores, dim=-1)
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for call in program.applied(*_FUNCTIONS):
            if _is_missing(call.arguments.get(1, "dim")):
                yield from self._without_dim(call, {program.shape(call.arguments.get(0, "input")).rank})
        applied = list(program.applied(*_MODULES))
        for call in program.calls(*_MODULES):
            if call.makes and _is_missing(call.arguments.get(0, "dim")):
                inputs = [use.arguments.get(0, "input") for use in applied if use.callee is call.result]
                yield from self._without_dim(call, {program.shape(value).rank for value in inputs})
        yield from self._over_one(program)

    def _without_dim(self, call: Called, ranks: set[int | None]) -> Iterator[Finding]:
        if ranks and ranks.issubset(_AS_MEANT):
            return
        known = _OVER_THE_FIRST in ranks
        finding = self.finding(
            call.place,
            f"`{call.text}` runs along the batch: without `dim`, three axes mean axis 0"
            if known
            else f"`{call.text}` runs along axis 0 or 1, as the number of axes has it: `dim` is not given",
            evidence={"axes": _OVER_THE_FIRST if known else None, "dim": None},
            confidence=Confidence.HIGH if known else Confidence.MEDIUM,
            fix=Fix("say which axis is meant: `dim=-1`"),
        )
        yield finding if known else replace(finding, severity=Severity.WARN)

    def _over_one(self, program: Program) -> Iterator[Finding]:
        for call in program.applied(*_WITH_DIM):
            shape = program.shape(_input(call))
            axis = _axis(call)
            if shape.last == 1 and axis is not None and (axis == -1 or axis + 1 == shape.rank):
                yield self._finding_over_one(call, "gives 1 for every input")
        for call in program.applied(*_LOSSES):
            shape = program.shape(call.arguments.get(0, "input"))
            if shape.last == 1 and shape.rank in (None, 2):
                yield self._finding_over_one(call, "is 0 for every input")

    def _finding_over_one(self, call: Called, what: str) -> Finding:
        return self.finding(
            call.place,
            f"`{call.text}` is taken over a single number: it {what}",
            evidence={"classes": 1},
            fix=Fix("use a sigmoid, or `BCEWithLogitsLoss`, for a single output"),
        )


def _is_missing(dim: Value | None) -> bool:
    return dim is None or dim == NONE


def _input(call: Called) -> Value | None:
    receiver = call.receiver
    return receiver if receiver is not None else call.arguments.get(0, "input")


def _axis(call: Called) -> int | None:
    if isinstance(call.callee, Object):
        dim = call.callee.arguments.get(0, "dim")
    else:
        dim = call.arguments.get(0 if call.name.startswith(".") else 1, "dim")
    return dim.value if isinstance(dim, Constant) and isinstance(dim.value, int) else None
