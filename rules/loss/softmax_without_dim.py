"""TL705: a softmax along an axis that nobody chose, or along one that holds a single number."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.finding import Finding, Fix, Severity
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


class SoftmaxWithoutDim(Rule):
    """A softmax runs along an axis that was not chosen, or along one that holds a single number.

    ## What it finds
    `softmax`, `log_softmax`, `nn.Softmax()` or `nn.LogSoftmax()` without `dim`, of a tensor that is known to have three
    axes; where their number is not known, torch's own warning in the run has to do. And a softmax, or
    `CrossEntropyLoss`, over the single output of a `Linear(…, 1)`.

    ## Why it hurts
    Without `dim`, the axis depends on the number of axes: 1 for two or four, but 0 for three. On `(B, T, C)` the
    probabilities then add up to 1 over the batch: each sample's depend on the others', and with another batch size
    another model results. Over a single number the softmax is 1 whatever the input, its logarithm and the cross entropy
    are 0, and so are all gradients: the model does not train.

    ## What to do
    Say which axis is meant, usually `dim=-1`, or `dim=1` for `(N, C, H, W)`. For two classes with one output use
    `BCEWithLogitsLoss`.

    ## When to ignore it
    When the first of three axes is the one that is meant; `dim=0` says so, and silences torch's own warning.
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
        for call, tensor in _without_dim(program):
            if program.shape(tensor).rank == _OVER_THE_FIRST:
                yield self.finding(
                    call.place,
                    f"`{call.text}` runs along the batch: without `dim`, three axes mean axis 0",
                    evidence={"axes": _OVER_THE_FIRST, "dim": None},
                    fix=Fix("say which axis is meant: `dim=-1`"),
                )
        yield from self._over_one(program)

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


def _without_dim(program: Program) -> Iterator[tuple[Called, Value | None]]:
    """Yield the calls that leave the axis open, of the function or of the constructor, each with what it is about."""
    for call in program.applied(*_FUNCTIONS):
        if _is_missing(call.arguments.get(1, "dim")):
            yield call, call.arguments.get(0, "input")
    made = {id(call.result): call for call in program.calls(*_MODULES) if call.makes}
    for use in program.applied(*_MODULES):
        making = made.get(id(use.callee))
        if making is not None and _is_missing(making.arguments.get(0, "dim")):
            yield making, use.arguments.get(0, "input")


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
