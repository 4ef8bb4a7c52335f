"""TL601: Adam's `weight_decay` is an L2 penalty, which Adam then rescales."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.edit import CallOther
from trainlint.finding import Confidence, Finding, Fix, Severity
from trainlint.program.query import Program
from trainlint.program.records import Called
from trainlint.program.values import Constant, Items, Table, Unknown, Value
from trainlint.rule import Rule

_L2 = re.compile(r"(?<![a-z])l2(?!\d)", re.IGNORECASE)


class AdamWithL2(Rule):
    """Adam is given a `weight_decay`, which it takes as an L2 penalty.

    ## What it finds
    `torch.optim.Adam` made with a `weight_decay` other than 0, for all parameters or for a parameter group. Silent with
    `decoupled_weight_decay=True`, for AdamW, where the value is not known, and where a name, an option or its help
    says that an L2 penalty is meant (`args.l2_reg`); where it is only the default of a command-line option, the
    confidence is medium.

    ## Why it hurts
    Adam adds `weight_decay * w` to the gradient and then divides by the root of the gradient's running second moment:
    a weight with gradients of size 1 is decayed 1,000 times less than one with gradients of size 0.001, and the decay
    no longer scales with what was asked for. On CIFAR-10 the decoupled form, AdamW, brought the test error of a
    26 2x64d ResNet about 15 % down relative to Adam with L2.

    ## What to do
    Use `torch.optim.AdamW`, and tune the decay again: good values for it are larger, 0.01 to 0.1 rather than 1e-4.

    ## When to ignore it
    To reproduce a paper that used Adam with L2, or to go on from a checkpoint that was trained so.
    """

    code = "TL601"
    name = "adam-with-l2"
    severity = Severity.WARN
    since = "0.1"
    references = (
        "Loshchilov and Hutter, Decoupled Weight Decay Regularization, ICLR 2019",
        "https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html",
    )
    bad = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-2)
"""
    good = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2)
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for adam in program.calls("torch.optim.Adam"):
            if adam.arguments.get(-1, "decoupled_weight_decay") not in (None, Constant(False)):
                continue
            decays = list(_decays(adam))
            decay = next((known for value in decays if (known := _known(value)) is not None), None)
            if decay is None or any(_L2.search(text) for text in _said_of(program, adam, decays)):
                continue
            value, confidence = decay
            yield self.finding(
                adam.place,
                f"`{adam.text}` adds `weight_decay` of {value:g} to the gradient as an L2 penalty and rescales it per "
                "weight; `AdamW` decays as asked",
                evidence={"weight_decay": value, "decoupled": False},
                confidence=confidence,
                fix=Fix(
                    "use `torch.optim.AdamW`, and tune `weight_decay` again",
                    edits=(CallOther(adam.place, adam.text, "torch.optim.AdamW"),),
                ),
            )


def _decays(adam: Called) -> Iterator[Value]:
    """Yield the weight decays that Adam is given: its own, and those of parameter groups."""
    general = adam.arguments.get(4, "weight_decay")
    if general is not None:
        yield general
    groups = adam.arguments.get(0, "params")
    for group in groups.items if isinstance(groups, Items) else ():
        if isinstance(group, Table) and "weight_decay" in group.pairs:
            yield group.pairs["weight_decay"]


def _said_of(program: Program, adam: Called, decays: list[Value]) -> Iterator[str]:
    """Yield what the source calls the weight decay: as it is handed over, where it comes from, and to the user."""
    yield adam.written(4, "weight_decay")
    names = {value.name for value in decays if isinstance(value, Unknown)} - {""}
    yield from names
    for option in program.calls(".add_argument"):
        flags = {str(flag.value) for flag in option.arguments.values() if isinstance(flag, Constant)}
        if not names.isdisjoint(flag.lstrip("-").replace("-", "_") for flag in flags):
            yield option.written(-1, "help")


def _known(value: Value) -> tuple[float, Confidence] | None:
    confidence = Confidence.HIGH
    if isinstance(value, Unknown) and value.default is not None:
        value, confidence = value.default, Confidence.MEDIUM
    if isinstance(value, Constant) and isinstance(value.value, (int, float)) and value.value > 0:
        return float(value.value), confidence
    return None
