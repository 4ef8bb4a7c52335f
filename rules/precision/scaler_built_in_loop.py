"""TL308: a gradient scaler is built anew in each iteration."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.finding import Finding, Related, Severity
from trainlint.program.query import Program
from trainlint.program.readings import newest
from trainlint.program.values import Constant, Object
from trainlint.rule import Rule

SCALERS = ("torch.amp.GradScaler", "torch.GradScaler", "torch.cuda.amp.GradScaler", "torch.cpu.amp.GradScaler")


class ScalerBuiltInLoop(Rule):
    """A gradient scaler is built anew in each iteration of the loop that trains, and forgets its scale.

    ## What it finds
    `GradScaler(…)` in a loop, also through the functions that the loop calls, where the same scaler then steps an
    optimizer that is older than the loop. A loop that builds model and optimizer anew as well, as over folds or
    trials, is right, and so is a scaler that is built once, in the first iteration, or that loads its state.

    ## Why it hurts
    A scaler begins at 65,536 and finds the scale that the gradients bear by halving it at each overflow, a step lost
    each time; after 2,000 steps without one it doubles it. Built once an epoch, it loses the first steps of each epoch
    over again: four where the gradients bear 4,096. Built once a step, it never learns: where 65,536 is too much,
    *every* step is skipped, and the model does not train at all.

    ## What to do
    Build the scaler once, where the optimizer is built, and hand it to the function that trains.

    ## When to ignore it
    When the scale must begin anew, as after the weights were reset.
    """

    code = "TL308"
    name = "scaler-built-in-loop"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/amp.html#gradient-scaling",
        "https://docs.pytorch.org/docs/stable/notes/amp_examples.html#typical-mixed-precision-training",
    )
    bad = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    scaler = torch.amp.GradScaler("cpu")
    for inputs, targets in [(torch.randn(8, 4), torch.randn(8, 2))] * 10:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(inputs), targets)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
"""
    good = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scaler = torch.amp.GradScaler("cpu")
for epoch in range(3):
    for inputs, targets in [(torch.randn(8, 4), torch.randn(8, 2))] * 10:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(inputs), targets)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        loaded = {id(call.receiver) for call in program.calls(".load_state_dict")}
        for built in program.calls(*SCALERS):
            scaler = built.result
            if not built.loops or built.block != built.loops[-1].block or not isinstance(scaler, Object):
                continue
            loop = built.loops[-1]
            if id(scaler) in loaded or scaler.arguments.get(-1, "enabled") == Constant(False):
                continue
            for step in program.calls(".step"):
                optimizer = step.arguments.get(0, "optimizer")
                if step.receiver is not scaler or loop not in step.loops or optimizer is None:
                    continue
                if 0 < newest(optimizer) < loop.since:
                    name = scaler.name or "GradScaler"
                    yield self.finding(
                        built.place,
                        f"`{name}` is built anew in each iteration of the loop over `{loop.text}`: its scale is lost",
                        related=(Related(step.place, "it steps an optimizer that is older than the loop"),),
                        evidence={"scaler": name, "loop": loop.text},
                    )
                    break
