"""TL107: a layer with parameters or a mode is built in forward."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.finding import Confidence, Finding, Fix, Severity
from trainlint.operations import Role
from trainlint.program.anatomy import BATCH_NORMS, DROPOUTS, LEARNS, is_true, layer_of
from trainlint.program.facts import render
from trainlint.program.query import Program
from trainlint.program.reachable import modules_in
from trainlint.program.records import Called
from trainlint.program.values import ClassValue, Constant, External, Method, Object
from trainlint.rule import Rule

# Layers that start as plain normalisation: position and name of the argument that gives them parameters.
AFFINE = {"LayerNorm": (2, "elementwise_affine"), "GroupNorm": (3, "affine")}
# A test that builds a layer once: `if self.proj is None`, `if not hasattr(self, "proj")`, `if key not in self.cache`.
ONCE = re.compile(r"is None|== None|hasattr|getattr| in |not self\.|isinstance|…")
MODE = re.compile(r"train|eval|test|infer|mode", re.I)
# Attributes whose use shows that the parameters are set by hand.
SET_BY_HAND = ("weight", "bias", "parameters", "load_state_dict", "apply", "state_dict", "eval", "train")


class LayerBuiltInForward(Rule):
    """A layer is built anew in each forward.

    ## What it finds
    `nn.Linear`, `nn.Conv2d`, `nn.LayerNorm` and other layers with parameters, dropout, batch norm, or a module of the
    program that holds such layers, constructed in the forward of a module or in what that calls. Not a layer that is
    built once and kept (`if self.proj is None:`), nor one that has neither parameters nor a mode, such as `nn.ReLU()`.

    ## Why it hurts
    The parameters are drawn anew at every call and are in no optimizer: the layer never learns, not in 100 epochs, and
    multiplies its input with other random numbers each time. It is in no checkpoint and stays on the CPU when the model
    moves. Dropout and batch norm built here are always in training mode: `model.eval()` does not reach them, `p=0.5`
    goes on dropping half, and batch norm never uses its running statistics.

    ## What to do
    Build the layer in `__init__`, as an attribute, and apply it in `forward`; where a size is known only then, use a
    lazy layer such as `nn.LazyLinear`.

    ## When to ignore it
    When the random projection is meant to be another one each time.
    """

    code = "TL107"
    name = "layer-built-in-forward"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/notes/modules.html#a-simple-custom-module",
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.modules.lazy.LazyModuleMixin.html",
    )
    bad = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(4, 8)

    def forward(self, x):
        return nn.Linear(8, 2)(self.body(x).relu())

outputs = Net()(torch.randn(8, 4))
"""
    good = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(4, 8)
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.body(x).relu())

outputs = Net()(torch.randn(8, 4))
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        made = {module.ident: called for called, module in _made_in_forward(program)}
        built = [
            (called, module)
            for called, module in _made_in_forward(program)
            if not any(function.name == "__init__" for function in called.functions)
        ]
        inside = {part.ident for _, module in built for part in _parts(module) if part is not module}
        for called, module in built:
            if module.ident in inside or not _is_rebuilt(program, called, module):  # reported as part of the whole
                continue
            found = [_harm(part, called) for part in _parts(module) if part.ident in made]
            harms = sorted(
                (harm for harm in found if harm is not None), key=lambda harm: harm[1] is not Confidence.HIGH
            )
            if harms:
                yield self.finding(
                    called.place,
                    f"`{called.text}` is built anew in each forward: {harms[0][0]}",
                    evidence={"built_in": called.functions[-1].name if called.functions else "forward"},
                    confidence=harms[0][1],
                    fix=Fix("build it in `__init__`, and apply it in `forward`"),
                )


def _made_in_forward(program: Program) -> Iterator[tuple[Called, Object]]:
    for called in program.every_call():
        if called.within is None or not isinstance(called.callee, (External, ClassValue)):
            continue
        match called.result:
            case Object(role=Role.MODEL) as module if module.place == called.place:
                yield called, module


def _parts(module: Object) -> Iterator[Object]:
    return (part for part in modules_in(module) if isinstance(part, Object))


def _is_rebuilt(program: Program, called: Called, module: Object) -> bool:
    """Tell whether the layer is new each time, and left as it is made."""
    if any(ONCE.search(render(test)) for test in called.asked):
        return False
    if any(name in module.members or program.looks_at(module, name) for name in SET_BY_HAND):
        return False
    handled = (c.callee for name in SET_BY_HAND for c in program.calls(f".{name}"))
    return not any(isinstance(method, Method) and method.receiver is module for method in handled)


def _harm(module: Object, called: Called) -> tuple[str, Confidence] | None:
    """Tell what is lost where this layer is built anew."""
    layer = layer_of(module)
    if layer is None:
        return None
    if layer.kind in LEARNS:
        return "its parameters are drawn at random each time, and nothing trains them", Confidence.HIGH
    if layer.kind in DROPOUTS and layer.argument(0, "p") != Constant(0):
        if any(MODE.search(render(test)) for test in called.asked):
            return None
        return "`eval()` does not reach it, and it drops at prediction time, too", Confidence.HIGH
    if layer.kind in BATCH_NORMS and is_true(layer.argument(4, "track_running_stats"), default=True):
        return "`eval()` does not reach it, and its running statistics are lost", Confidence.HIGH
    if layer.kind in AFFINE and is_true(layer.argument(*AFFINE[layer.kind]), default=True):
        return "nothing trains its weight and bias", Confidence.MEDIUM
    return None
