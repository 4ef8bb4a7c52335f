"""TL112: `requires_grad` is misspelt, or set on something that has none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from difflib import SequenceMatcher
from functools import lru_cache

from trainlint.edit import CallInstead, Edit, Rename
from trainlint.finding import Confidence, Finding, Fix, Severity
from trainlint.operations import Role
from trainlint.program.query import Program
from trainlint.program.records import Assigned
from trainlint.program.tensors import Parameters, Tensor
from trainlint.program.values import ClassValue, Constant, Method, Object, Unknown, Value
from trainlint.rule import Rule

FLAG = "requires_grad"
METHOD = "requires_grad_"
# `require_grad`, `requires_grads`, `requires_gradient`, `requires_gard` are nearer than this; `needs_grad`, which may
# be a mark of the program's own, is not.
ALIKE = 0.8


class MisspeltRequiresGrad(Rule):
    """The flag `requires_grad` is misspelt, or set on a module: nothing is frozen.

    ## What it finds
    An attribute of a parameter or a tensor that is nearly called `requires_grad` and is assigned:
    `param.require_grad = False`, `param.requires_grad_ = False`. And `model.fc.requires_grad = False`, spelt right
    but set on a module, which has no such attribute. Of a tensor that needs no gradients anyway, such as
    `torch.zeros(3)`, only a warning.

    ## Why it hurts
    Python takes any name: the assignment makes a new attribute that nobody reads. A backbone that was meant to be
    frozen goes on training: a ResNet-50 changes 25,557,032 parameters instead of the 2,049,000 of its last layer,
    forgets what it was pretrained for, and keeps the memory for all their gradients and optimizer states.

    ## What to do
    Write `param.requires_grad = False` for each of `model.parameters()`, or `model.requires_grad_(False)` for all.

    ## When to ignore it
    When the attribute is a mark of your own that other code reads.
    """

    code = "TL112"
    name = "misspelt-requires-grad"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/notes/autograd.html#setting-requires-grad",
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.requires_grad_",
        "https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.resnet50.html",
    )
    bad = """
import torch
backbone = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU())
for param in backbone.parameters():
    param.require_grad = False
"""
    good = """
import torch
backbone = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU())
for param in backbone.parameters():
    param.requires_grad = False
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for assigned in program.assigned:
            misspelt = assigned.name != FLAG and _is_alike(assigned.name)
            if _is_parameter(assigned.owner):
                if misspelt:
                    harmless = assigned.value == Constant(False) and program.has_no_grad(assigned.owner)
                    edit = Rename(assigned.place, assigned.name, FLAG)
                    found = self._found(assigned, Confidence.HIGH, f"{_owner(assigned)}.{FLAG} = …", edit)
                    yield replace(found, severity=Severity.WARN) if harmless else found
            elif misspelt or assigned.name == FLAG:
                confidence = _module_confidence(program, assigned)
                if confidence is not None:
                    value = assigned.value.value if isinstance(assigned.value, Constant) else "…"
                    call = CallInstead(assigned.place, METHOD)
                    yield self._found(assigned, confidence, f"{_owner(assigned)}.{METHOD}({value})", call)

    def _found(self, assigned: Assigned, confidence: Confidence, remedy: str, edit: Edit) -> Finding:
        if assigned.name == METHOD:
            return self._overwritten(assigned, confidence)
        has_none = assigned.name == FLAG
        return self.finding(
            assigned.place,
            f"`{assigned.text}` sets an attribute that nothing reads: "
            + ("a module has no `requires_grad`, only its parameters have" if has_none else f"it is no `{FLAG}`"),
            evidence={"assigned": assigned.name, "meant": FLAG},
            confidence=confidence,
            fix=Fix(f"write `{remedy}`", confidence is Confidence.HIGH, (edit,)),
        )

    def _overwritten(self, assigned: Assigned, confidence: Confidence) -> Finding:
        value = assigned.value.value if isinstance(assigned.value, Constant) else "…"
        remedy = f"{_owner(assigned)}.{METHOD}({value})"
        effect = "freezes nothing" if value is False else "changes no flag"
        return self.finding(
            assigned.place,
            f"`{assigned.text} = {value}` replaces the method `{METHOD}` and {effect}: call `{remedy}`",
            evidence={"assigned": METHOD, "replaced": "method", "meant": remedy},
            confidence=confidence,
            fix=Fix(f"write `{remedy}`", confidence is Confidence.HIGH, (CallInstead(assigned.place, METHOD),)),
        )


@lru_cache(maxsize=4096)
def _is_alike(name: str) -> bool:
    return SequenceMatcher(None, name.lower(), FLAG).ratio() >= ALIKE


def _owner(assigned: Assigned) -> str:
    return assigned.text.removesuffix(f".{assigned.name}")


def _is_parameter(owner: Value) -> bool:
    match owner:
        case Parameters(gradients=False) | Tensor() | Method(Object(role=Role.MODEL), "weight" | "bias"):
            return True
    return False


def _module_confidence(program: Program, assigned: Assigned) -> Confidence | None:
    """Tell how sure it is that a module is meant; `None` where the attribute may be one of the program's own."""
    match assigned.owner:
        case Object(role=Role.MODEL, origin=origin) as module:
            of_itself = isinstance(origin, ClassValue) and _is_receiver(assigned, module)
            return None if of_itself or program.looks_at(module, assigned.name) else Confidence.HIGH
        case Unknown(role=Role.MODEL) as module if not _is_receiver(assigned, module):
            return Confidence.MEDIUM
        case Unknown(name="weight" | "bias"):  # of a layer that is not known
            return None if assigned.name == FLAG else Confidence.MEDIUM
        case Unknown(key=("member", *_)):  # a part of a module may be a parameter
            return None
        case Unknown(parts=parts) if any(isinstance(p, Unknown) and p.name in ("children", "modules") for p in parts):
            return Confidence.MEDIUM
    return None


def _is_receiver(assigned: Assigned, module: Value) -> bool:
    return assigned.function is not None and assigned.function.receiver is module
