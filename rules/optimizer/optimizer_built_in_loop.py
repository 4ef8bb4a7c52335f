"""TL607: an optimizer built anew in each iteration forgets its state."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.finding import Confidence, Finding, Fix, Related, Severity
from trainlint.operations import Kind
from trainlint.program.optimizers import OptimizerBuild
from trainlint.program.query import Program
from trainlint.program.records import Called, LoopFacts
from trainlint.program.schedules import draws_batches
from trainlint.program.values import Constant, Object, Value
from trainlint.rule import Rule

# Built once for each problem that it solves, in full batches.
_PER_PROBLEM = {"torch.optim.LBFGS"}

# Parameters that are picked by a test may be others in each iteration: `filter(lambda p: p.requires_grad, …)`.
_CHOSEN = re.compile(r"filter|requires_grad")

# What a loop over training epochs is called. One over folds, seeds, tasks or clients starts training over.
_EPOCHS = re.compile(r"epoch|(^|_|\b)eps?($|_|\b)", re.I)

# What a loop is called that goes through time: in each iteration training goes on where it was.
_TIME = re.compile(r"epoch|episode|iter|step|update|(^|_|\b)(eps?|it|t)($|_|\b)", re.I)

# Methods that set a model, or the new optimizer, to a state that was kept.
_RESETS = {".load_state_dict", ".reset_parameters", ".apply"}


class OptimizerBuiltInLoop(Rule):
    """An optimizer is built anew in each iteration of the loop that trains.

    ## What it finds
    An optimizer made in the loop over batches, or in the loop over epochs right around it, or for each single step
    of a loop over epochs, episodes or iterations, for a model that was made before that loop. Silent where the
    model is made or set back in the loop as well (folds, seeds, meta-learning), where the optimizer is built under
    a condition (at the epoch that unfreezes layers), where its parameters are chosen anew, and for plain SGD, which
    has no state to lose.

    ## Why it hurts
    Adam's moments and SGD's momentum are thrown away each time. The first step of a fresh Adam has size `lr` for every
    parameter, whatever its gradient, since both moments are corrected to the first gradient: built in the batch loop,
    Adam is sign descent. With `betas=(0.9, 0.999)` the second moment needs some 1,000 steps to settle. A scheduler
    that was made for the first optimizer drives nothing any more.

    ## What to do
    Build the optimizer once, before the loops. To change the rate, use a scheduler or set
    `optimizer.param_groups[i]["lr"]`.

    ## When to ignore it
    When each iteration is training of its own that should start without momentum.
    """

    code = "TL607"
    name = "optimizer-built-in-loop"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/optim.html#constructing-it",
        "Kingma and Ba, Adam: A Method for Stochastic Optimization, ICLR 2015, section 3",
    )
    bad = """
import torch
model = torch.nn.Linear(4, 2)
for epoch in range(3):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for inputs, targets in torch.utils.data.DataLoader([(torch.randn(4), torch.randn(2))] * 16, batch_size=8):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(inputs), targets).backward()
        optimizer.step()
"""
    good = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(3):
    for inputs, targets in torch.utils.data.DataLoader([(torch.randn(4), torch.randn(2))] * 16, batch_size=8):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(inputs), targets).backward()
        optimizer.step()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for build in program.optimizers:
            kind = _built_for_each(build)
            models = build.models
            if kind is None or not models or not build.anew or not _keeps_state(build.made):
                continue
            loop = build.made.loops[-1]
            if any(_newest(model) >= loop.since for model in models) or _starts_over(loop, program):
                continue
            name = build.optimizer.name or "optimizer"
            known = all(isinstance(model, Object) for model in models)
            yield self.finding(
                build.made.place,
                f"`{name}` is built anew for each {kind}: what it has learnt of the gradients is thrown away",
                related=() if loop.place is None else (Related(loop.place, f"once for each {kind} of this loop"),),
                evidence={"optimizer": name, "loop": loop.text, "built_for_each": kind},
                confidence=Confidence.HIGH if known and kind != "epoch" else Confidence.MEDIUM,
                fix=Fix(f"build `{name}` once, before the loop"),
            )


def _built_for_each(build: OptimizerBuild) -> str | None:
    """Tell what the loop around the making goes through, where the optimizer steps in it: batches, epochs or steps."""
    around = build.made.loops
    if not around:
        return None
    inner = {step.loops[len(around) :] for step in build.steps if step.loops[: len(around)] == around}
    if len(inner) != 1:
        return None
    (loops,) = inner
    if draws_batches(around[-1]):
        return "batch" if not loops else None  # with a loop inside, each batch is a task of its own
    if not loops:
        return "step" if _TIME.search(around[-1].target) else None
    if len(loops) == 1 and draws_batches(loops[0]):
        return "epoch" if _EPOCHS.search(around[-1].target) or _EPOCHS.search(around[-1].text) else None
    return None


def _keeps_state(made: Called) -> bool:
    """Tell whether the optimizer has a state, and is given all parameters of its models, whatever the iteration."""
    if made.name in _PER_PROBLEM or _CHOSEN.search(made.written(0, "params")):
        return False
    if made.name != "torch.optim.SGD":
        return True
    momentum = made.arguments.get(2, "momentum")
    return momentum is not None and momentum not in (Constant(0), Constant(0.0))


def _starts_over(loop: LoopFacts, program: Program) -> bool:
    """Tell whether something in the loop sets a model back, or may."""
    if any(operation.kind is Kind.UNKNOWN and operation.models != frozenset() for operation in loop.operations):
        return True
    return any(call.name in _RESETS or call.name.startswith("torch.nn.init.") for call in program.calls_in(loop))


def _newest(model: Value) -> int:
    return getattr(model, "born", 0)
