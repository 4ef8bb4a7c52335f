"""TL309: a checkpoint to resume from leaves out the gradient scaler."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.finding import Finding, Fix, Related, Severity
from trainlint.operations import Kind, Operation, Role
from trainlint.program.query import Program
from trainlint.program.readings import readings
from trainlint.program.records import Called
from trainlint.program.torch_api import role_by_name
from trainlint.program.values import Method, Object, Table, Unknown, Value
from trainlint.rule import Rule


class ScalerNotCheckpointed(Rule):
    """A checkpoint to resume from holds the optimizer and not the gradient scaler.

    ## What it finds
    A dict that goes to `torch.save` with the optimizer's `state_dict`, where a `GradScaler` steps that optimizer and
    nothing in the program asks for the scaler's own `state_dict`. A file without the optimizer is for the weights
    alone, and right. Where the dict is not known whole, or the scaler is handed to something that is not followed,
    nothing is said.

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
        operations = [operation for root in program.roots for operation in root.operations]
        steps = {operation.optimizer: operation for operation in operations if operation.kind is Kind.SCALER_STEP}
        asked = list(program.calls(".state_dict"))
        if not steps or any(map(_is_scaler, map(_receiver, asked))) or _leaves_sight(operations):
            return
        for save in program.calls("torch.save"):
            saved = save.arguments.get(0, "obj")
            if not isinstance(saved, Table) or not saved.complete:
                continue
            if any(map(_names_scaler, saved.pairs)) or any(map(_is_scaler, saved.pairs.values())):
                continue
            for entry in asked:
                optimizer = _receiver(entry)
                step = next((s for o, s in steps.items() if o is not None and o.ident == _ident(optimizer)), None)
                if step is None or not any(value is entry.result for value in saved.pairs.values()):
                    continue
                scaler = step.scaler.name if step.scaler is not None and step.scaler.name else "scaler"
                yield self.finding(
                    entry.place,
                    f"the checkpoint holds `{_receiver_text(entry)}` and not `{scaler}`, which steps it",
                    related=(
                        Related(save.place, "the checkpoint is written here"),
                        Related(step.location, f"`{scaler}` steps the optimizer"),
                    ),
                    evidence={"scaler": scaler, "saved": ", ".join(map(str, saved.pairs))},
                    fix=Fix(f"save `{scaler}.state_dict()` as well, and load it when resuming"),
                )


def _receiver(call: Called) -> Value | None:
    return call.callee.receiver if isinstance(call.callee, Method) else None


def _receiver_text(call: Called) -> str:
    return call.text.rpartition(".")[0]


def _is_scaler(value: Value | None) -> bool:
    return value is not None and any(
        isinstance(reading, (Object, Unknown))
        and (reading.role is Role.SCALER or role_by_name(reading.name) is Role.SCALER)
        for reading in readings(value)
    )


def _ident(value: Value | None) -> object:
    return value.ident if isinstance(value, Object) else None if value is None else value.key


def _names_scaler(key: object) -> bool:
    return isinstance(key, str) and ("scale" in key.lower() or "amp" in key.lower())


def _leaves_sight(operations: list[Operation]) -> bool:
    """Tell whether a scaler is handed to something that is not followed, and that may save it."""
    return any(operation.kind is Kind.UNKNOWN and operation.scaler is not None for operation in operations)
