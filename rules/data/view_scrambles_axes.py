"""TL810: a view that is meant to swap axes."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.finding import Finding, Fix, Severity
from trainlint.program.axes import axis_of, divided, sizes_of
from trainlint.program.outputs import operand
from trainlint.program.query import Program
from trainlint.program.values import Value
from trainlint.rule import Rule


class ViewScramblesAxes(Rule):
    """A `view` or `reshape` is used to swap axes, and mixes up what belongs to different samples, times or channels.

    ## What it finds
    `x.view(…)` or `x.reshape(…)` to sizes that were taken from `x` itself, in another order: after `b, t, c = x.shape`,
    `x.view(t, b, c)`. Also `x.view(b, heads, t, c // heads)`, which puts the heads before the axis that they are not
    cut from. Merging and splitting neighbouring axes in their order is right.

    ## Why it hurts
    A view never moves a number in memory: it counts them off in the same order into other sizes. For
    `(b, t, c) = (2, 3, 1)` the numbers 0 … 5 of two sequences become `[[0, 1], [2, 3], [4, 5]]`, where the swap gives
    `[[0, 3], [1, 4], [2, 5]]`: each row now mixes two times of one sequence. The shapes fit everywhere after it, and
    the model learns from shuffled data, often well enough for nobody to notice.

    ## What to do
    `x.transpose(0, 1)` or `x.permute(…)` to swap; to make heads, `x.view(b, t, heads, c // heads).transpose(1, 2)`.

    ## When to ignore it
    When one of the two axes has length 1.
    """

    code = "TL810"
    name = "view-scrambles-axes"
    severity = Severity.WARN
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/generated/torch.Tensor.view.html",
        "https://docs.pytorch.org/docs/stable/generated/torch.permute.html",
    )
    bad = """
import torch
x = torch.randn(8, 5, 16)
b, t, c = x.shape
x = x.view(t, b, c)
"""
    good = """
import torch
x = torch.randn(8, 5, 16)
b, t, c = x.shape
x = x.transpose(0, 1)
x = x.reshape(t, b * c)
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for call in program.applied(".view", ".reshape", "torch.reshape"):
            viewed, sizes = operand(call), sizes_of(call)
            if viewed is None or not _scrambles(viewed, sizes):
                continue
            yield self.finding(
                call.place,
                f"`{call.text}` changes the order of the axes but moves no numbers: they are mixed up",
                evidence={"axes": ", ".join("?" if axis is None else str(axis) for axis in _axes(viewed, sizes))},
                fix=Fix("use `transpose` or `permute` to swap axes"),
            )


def _axes(viewed: Value, sizes: list[Value]) -> list[int | None]:
    return [axis_of(viewed, size) for size in sizes]


def _scrambles(viewed: Value, sizes: list[Value]) -> bool:
    axes = _axes(viewed, sizes)
    known = [axis for axis in axes if axis is not None]
    if known != sorted(known):
        return True
    for size in sizes:
        cut = divided(viewed, size)  # `c // heads`: the heads are cut from the axis of `c`
        if cut is not None:
            axis, parts = cut
            before = [number for number, other in enumerate(sizes) if other.key == parts.key]
            if before and any(known is not None and known < axis for known in axes[before[0] + 1 :]):
                return True
    return False
