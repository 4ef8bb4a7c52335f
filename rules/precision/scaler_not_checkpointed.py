"""TL309: a checkpoint to resume from leaves out the gradient scaler."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.finding import Finding, Fix, Related, Severity
from trainlint.operations import Kind, Role
from trainlint.program.query import Program
from trainlint.program.readings import readings
from trainlint.program.records import Called
from trainlint.program.torch_api import role_by_name
from trainlint.program.values import Constant, Object, Table, Unknown, Value
from trainlint.rule import Rule


class ScalerNotCheckpointed(Rule):
    """A checkpoint to resume from holds the optimizer and not the gradient scaler.

    ## What it finds
    A dict that goes to `torch.save` with the optimizer's `state_dict`, where a `GradScaler` steps that optimizer and
    nothing in the program asks for the scaler's own `state_dict`. A file without the optimizer is for the weights
    alone, and right; so is one that is written after training in a program that never loads an optimizer's state.
    Where the dict is not known whole, or the scaler is handed to something that is not followed, nothing is said.

    ## Why it hurts
    The resumed run begins again at a scale of 65,536. Where the gradients bear only 1,024, its first 6 steps overflow
    and are skipped; where they bear 2²⁴, small gradients vanish until the scale has doubled 8 times, which takes
    16,000 steps. A run that was interrupted is then not the run that was not.

    ## What to do
    Save `scaler.state_dict()` with the rest, and give it to `scaler.load_state_dict` when resuming.

    ## When to ignore it
    When nothing resumes from this file.
    """

    code = "TL309"
    name = "scaler-not-checkpointed"
    severity = Severity.WARN
    since = "0.1"
    references = (
        "https://docs.pytorch.org/tutorials/recipes/recipes/amp_recipe.html#saving-resuming",
        "https://docs.pytorch.org/docs/stable/amp.html#torch.amp.GradScaler.state_dict",
    )
    bad = """
import io
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scaler = torch.amp.GradScaler("cpu")
for inputs, targets in [(torch.randn(8, 4), torch.randn(8, 2))] * 10:
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(inputs), targets)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, io.BytesIO())
"""
    good = """
import io
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scaler = torch.amp.GradScaler("cpu")
for inputs, targets in [(torch.randn(8, 4), torch.randn(8, 2))] * 10:
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(inputs), targets)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    states = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "scaler": scaler.state_dict()}
    torch.save(states, io.BytesIO())
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        steps = [call for call in program.calls(".step") if _is_scaler(call.receiver) and not _is_off(call)]
        asked = list(program.calls(".state_dict"))
        if not steps or any(_is_scaler(call.receiver) for call in asked) or _leaves_sight(program):
            return
        resumes = any(_is(Role.OPTIMIZER, call.receiver) for call in program.calls(".load_state_dict"))
        for save in program.calls("torch.save"):
            saved = save.arguments.get(0, "obj")
            if not isinstance(saved, Table) or not saved.complete or not (resumes or _in_training(save)):
                continue
            if any(map(_names_scaler, saved.pairs)) or any(map(_is_scaler, saved.held)):
                continue
            held = {reading.key for value in saved.held for reading in readings(value)}
            for entry in asked:
                step = next((step for step in steps if _shares_optimizer(step, entry)), None)
                if step is None or entry.result is None or entry.result.key not in held:
                    continue
                scaler, optimizer = (call.text.rpartition(".")[0] for call in (step, entry))
                yield self.finding(
                    entry.place,
                    f"the checkpoint holds `{optimizer}` and not `{scaler}`, which steps it",
                    related=(
                        Related(save.place, "the checkpoint is written here"),
                        Related(step.place, f"`{scaler}` steps the optimizer"),
                    ),
                    evidence={"scaler": scaler, "saved": ", ".join(map(str, saved.pairs))},
                    fix=Fix(f"save `{scaler}.state_dict()` as well, and load it when resuming"),
                )


def _is(role: Role, value: Value | None) -> bool:
    return value is not None and any(
        isinstance(reading, (Object, Unknown))
        and (reading.role is role or (reading.role is None and role_by_name(reading.name) is role))
        for reading in readings(value)
    )


def _is_scaler(value: Value | None) -> bool:
    return _is(Role.SCALER, value)


def _in_training(save: Called) -> bool:
    """Tell whether a checkpoint is written between steps, or epochs: training may be taken up from there."""
    return any(operation.kind is Kind.SCALER_STEP for loop in save.loops for operation in loop.operations)


def _is_off(step: Called) -> bool:
    scaler = step.receiver
    return isinstance(scaler, Object) and scaler.arguments.get(-1, "enabled") == Constant(False)


def _shares_optimizer(step: Called, entry: Called) -> bool:
    stepped = step.arguments.get(0, "optimizer")
    if stepped is None or entry.receiver is None:
        return False
    return entry.receiver.key in {reading.key for reading in readings(stepped)}


def _names_scaler(key: object) -> bool:
    return isinstance(key, str) and ("scale" in key.lower() or "amp" in key.lower())


def _leaves_sight(program: Program) -> bool:
    """Tell whether a scaler is handed to something that is not followed, and that may save it."""
    return any(o.kind is Kind.UNKNOWN and o.scaler is not None for root in program.roots for o in root.operations)
