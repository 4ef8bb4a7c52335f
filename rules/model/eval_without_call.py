"""TL104: a method of training is named, but never called."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.edit import Rewrite, Written
from trainlint.finding import Confidence, Finding, Fix, Severity
from trainlint.operations import Role
from trainlint.program.query import Program
from trainlint.program.readings import readings
from trainlint.program.records import Mentioned
from trainlint.program.tensors import Parameters, Tensor
from trainlint.program.values import External, Object, Unknown, Value
from trainlint.rule import Rule

# What each of these does takes no argument, or none but what it is called on: naming it can only mean calling it.
METHODS = {
    Role.MODEL: {"eval", "train", "zero_grad", "cuda", "half"},
    Role.OPTIMIZER: {"step", "zero_grad"},
    Role.SCHEDULER: {"step"},
    Role.SCALER: {"step", "update", "unscale_"},
}
OF_TENSORS = {"backward", "zero_", "detach_", "requires_grad_", "retain_grad"}
OF_TORCH = {"torch.cuda.empty_cache", "torch.cuda.synchronize"}
OF_NOTHING_ELSE = {"backward", "eval", "zero_grad", "unscale_"}  # whatever has these, has them as methods
NEED_ARGUMENTS = {(Role.SCALER, "step"), (Role.SCALER, "unscale_")}


class EvalWithoutCall(Rule):
    """A method such as `model.eval` stands there without its parentheses, and is never called.

    ## What it finds
    A statement that is nothing but a method of a model, an optimizer, a scheduler, a scaler or a tensor:
    `model.eval`, `optimizer.step`, `loss.backward`, `optimizer.zero_grad`.

    ## Why it hurts
    Python looks the method up and throws it away: no error, no warning, no effect. `model.eval` leaves a dropout of
    `p=0.5` dropping half of its inputs in validation; without `loss.backward()` or `optimizer.step()` the weights never
    change and 100 epochs learn nothing; without `optimizer.zero_grad()` step *t* uses the sum of *t* gradients.

    ## What to do
    Add the parentheses.

    ## When to ignore it
    Never: such a statement does nothing.
    """

    code = "TL104"
    name = "eval-without-call"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.eval",
        "https://docs.python.org/3/reference/simple_stmts.html#expression-statements",
    )
    bad = """
import torch
model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 2))
model.eval
with torch.no_grad():
    outputs = model(torch.randn(1, 4))
"""
    good = """
import torch
model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 2))
model.eval()
with torch.no_grad():
    outputs = model(torch.randn(1, 4))
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for mentioned in program.mentioned:
            ways = [_role_and_confidence(base, mentioned) for base in readings(mentioned.base)]
            known = [way for way in ways if way is not None]
            if not known or len(known) < len(ways):
                continue
            role, confidence = known[0]
            complete = (role, mentioned.name) not in NEED_ARGUMENTS
            yield self.finding(
                mentioned.place,
                f"`{mentioned.text}` is named, but never called: nothing happens",
                evidence={"called": False},
                confidence=confidence,
                fix=_fix(mentioned, complete),
            )


def _fix(mentioned: Mentioned, complete: bool) -> Fix:
    if complete:
        return Fix(f"call it: `{mentioned.text}()`", True, (Rewrite(mentioned.place, "{}()"),))
    optimizer = Written("optimizer", ("_.step(X)", "_.unscale_(X)"))
    edit = Rewrite(mentioned.place, "{}({optimizer})", (("optimizer", optimizer),))
    return Fix(f"call it: `{mentioned.text}(optimizer)`", False, (edit,))


def _role_and_confidence(base: Value, mentioned: Mentioned) -> tuple[Role | None, Confidence] | None:
    """Tell of what the method is, and how sure that is; `None` where it may be no method at all."""
    name = mentioned.name
    match base:
        case Object(role=Role() as role) if name in METHODS.get(role, ()):
            return role, Confidence.HIGH
        case Tensor() | Parameters() if name in OF_TENSORS:
            return None, Confidence.HIGH
        case External(dotted) if f"{dotted}.{name}" in OF_TORCH:
            return None, Confidence.HIGH
        case Unknown(role=Role() as role) if name in METHODS.get(role, ()):
            return role, Confidence.MEDIUM
        case Unknown() | Tensor() if name in OF_NOTHING_ELSE:  # what `.to(device)` gives may be either
            return None, Confidence.MEDIUM
    return None
