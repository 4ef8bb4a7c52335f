"""TL503: a scheduler that counts batches is stepped per epoch, or one that counts epochs per batch."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.finding import Confidence, Finding, Fix, Related, Severity
from trainlint.program.lengths import Length, iterations, length_of, loader_counted, number, ratio
from trainlint.program.query import Program
from trainlint.program.schedules import Schedule, draws_batches
from trainlint.program.values import Constant, Items, Value
from trainlint.rule import Rule

# The arguments that say how many steps a schedule, or a part of it, takes.
_WHOLE = {
    "CosineAnnealingLR": (1, "T_max"),
    "OneCycleLR": (2, "total_steps"),
    "LinearLR": (3, "total_iters"),
    "ConstantLR": (2, "total_iters"),
    "PolynomialLR": (1, "total_iters"),
}
_PART = {
    "StepLR": (1, "step_size"),
    "MultiStepLR": (1, "milestones"),
    "CyclicLR": (3, "step_size_up"),
    "CosineAnnealingWarmRestarts": (1, "T_0"),
}
_CYCLIC_DEFAULT = Constant(2000)  # `step_size_up` of torch.optim.lr_scheduler.CyclicLR

# An epoch of fewer batches is hardly met outside of tests.
FEW_BATCHES = 10
# A rate that has fallen below this part of the first one trains nothing: float32 resolves 6e-8 of a weight.
DEAD = 1e-6


class SchedulerWrongInterval(Rule):
    """A scheduler that counts batches is stepped once an epoch, or one that counts epochs once a batch.

    ## What it finds
    A schedule whose length is a number of batches (`len(loader)` is in it, or `steps_per_epoch`), stepped in the loop
    around the loop over batches; `CyclicLR` whose way up is longer than all epochs. And the reverse: a schedule whose
    length is that of the loop over epochs (`T_max=epochs`, `step_size=epochs // 3`), stepped in the loop over a
    loader's batches. `StepLR`, `MultiStepLR` and `ExponentialLR` with plain numbers count as the reverse, with medium
    confidence, where the numbers fit the epochs and the rate would be all but 0 long before the end. `LambdaLR` is
    left to the run.

    ## Why it hurts
    Per epoch, a cycle of 10 epochs of 500 batches is stepped 10 times of 5,000: the rate never leaves the first 0.2 %
    of the warmup. Per batch, `StepLR(step_size=30, gamma=0.1)` has divided the rate by 10 sixteen times when the
    first epoch of 500 batches ends, and `CosineAnnealingLR(T_max=epochs)` goes up and down all the time.

    ## What to do
    Call `scheduler.step()` where the schedule counts, or count what the loop steps: with `T_max=epochs * len(loader)`
    a step per batch is right.

    ## When to ignore it
    When the schedule is meant to be that much longer or shorter than training.
    """

    code = "TL503"
    name = "scheduler-wrong-interval"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html",
        "https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CyclicLR.html",
    )
    bad = """
import torch
epochs = 3
loader = torch.utils.data.DataLoader([(torch.randn(4), torch.randn(2))] * 16, batch_size=4)
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, epochs=epochs, steps_per_epoch=len(loader))
for epoch in range(epochs):
    for inputs, targets in loader:
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(inputs), targets).backward()
        optimizer.step()
    scheduler.step()
"""
    good = """
import torch
epochs = 3
loader = torch.utils.data.DataLoader([(torch.randn(4), torch.randn(2))] * 16, batch_size=4)
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, epochs=epochs, steps_per_epoch=len(loader))
for epoch in range(epochs):
    for inputs, targets in loader:
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(inputs), targets).backward()
        optimizer.step()
        scheduler.step()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for schedule in program.schedules:
            if schedule.handed or not schedule.steps:
                continue
            found = _counts_batches(schedule) if _stepped_per_epoch(schedule) else _counts_epochs(schedule)
            if found is None:
                continue
            written, confidence = found
            counts, stepped = ("batches", "epoch") if _stepped_per_epoch(schedule) else ("epochs", "batch")
            step = schedule.steps[0]
            yield self.finding(
                step.place,
                f"`{schedule.name}` counts {counts} (`{written}`), and is stepped once for each {stepped}",
                related=(Related(schedule.made.place, f"`{schedule.name}` is made here"),),
                evidence={"scheduler": schedule.name, "length": written, "counts": counts, "stepped_per": stepped},
                confidence=confidence,
                fix=Fix(f"step `{schedule.name}` in the loop over {counts}, or make it count what the loop does"),
            )


def _stepped_per_epoch(schedule: Schedule) -> bool:
    """Tell whether each step stands around, and not in, a loop over batches in which the optimizer steps."""
    return all(
        step.loops and not draws_batches(step.loops[-1]) and schedule.batch_loops(step) for step in schedule.steps
    )


def _counts_batches(schedule: Schedule) -> tuple[str, Confidence] | None:
    """Return what says that a schedule counts batches, as written, and how sure that is."""
    steps_per_epoch = schedule.argument(4, "steps_per_epoch") if schedule.kind == "OneCycleLR" else None
    if steps_per_epoch not in (None, Constant(None), Constant(1)):
        sure = isinstance(steps_per_epoch, Constant) or _has_batches(steps_per_epoch)
        written = f"steps_per_epoch={schedule.made.written(4, 'steps_per_epoch')}"
        return written, Confidence.HIGH if sure else Confidence.MEDIUM
    position, name = (_WHOLE | _PART).get(schedule.kind, (-1, ""))
    value = schedule.argument(position, name) if name else None
    values = value.items if isinstance(value, Items) else [value]
    if any(v is not None and _has_batches(v) for v in values):
        return f"{name}={schedule.made.written(position, name)}", Confidence.HIGH
    if schedule.kind == "CyclicLR" and schedule.length is not None:
        compared = ratio(schedule.length, length_of(value or _CYCLIC_DEFAULT))
        if compared is not None and compared[0] < 1:
            written = schedule.made.written(position, name) or f"{_CYCLIC_DEFAULT.value}, the default"
            return f"{name}={written}", Confidence.MEDIUM if compared[1] else Confidence.HIGH
    return None


def _has_batches(value: Value | None) -> bool:
    return value is not None and any(loader_counted(factor) is not None for factor in length_of(value).factors())


def _counts_epochs(schedule: Schedule) -> tuple[str, Confidence] | None:
    """Return what says that a schedule stepped per batch counts epochs, as written, and how sure that is."""
    epochs = _epochs_around(schedule)
    if epochs is None:
        return None
    if schedule.kind not in _WHOLE:
        return _decays_by_epochs(schedule, epochs)
    position, name = _WHOLE[schedule.kind]
    whole = schedule.argument(position, name)
    compared = None if whole is None else ratio(epochs, length_of(whole))
    if compared is None or compared[0] != 1:
        return None
    written = f"{name}={schedule.made.written(position, name)}"
    return written, Confidence.MEDIUM if compared[1] else Confidence.HIGH


def _epochs_around(schedule: Schedule) -> Length | None:
    """Return how many epochs surround the batches of one loader in which alone the scheduler is stepped."""
    if len(schedule.steps) != 1 or schedule.length is None:
        return None
    loops = schedule.loops(schedule.steps[0])
    outer = loops[:-1]
    if not outer or not draws_batches(loops[-1]) or any(map(draws_batches, outer)):
        return None
    epochs = number(1)
    for loop in outer:
        rounds = iterations(loop.through)
        if rounds is None:
            return None
        epochs *= rounds
    return epochs


def _decays_by_epochs(schedule: Schedule, epochs: Length) -> tuple[str, Confidence] | None:
    """Tell whether a schedule that decays now and then would have ended the training long before its epochs end."""
    position, name = _PART.get(schedule.kind, (1, "gamma"))
    value = schedule.argument(position, name)
    period: Value | None = value
    decays: int | None = None
    if schedule.kind == "MultiStepLR":
        if not isinstance(value, Items) or not value.complete or not value.items:
            return None
        period, decays = value.items[-1], len(value.items)
    elif schedule.kind == "ExponentialLR":
        period = Constant(1)
    elif schedule.kind != "StepLR":
        return None
    compared = None if period is None else ratio(epochs, length_of(period))
    if compared is None or compared[0] < 1:
        return None
    share, by_default = compared
    written = f"{name}={schedule.made.written(position, name)}"
    if epochs.number is None and not by_default and schedule.kind != "ExponentialLR":
        return written, Confidence.HIGH  # a part of the epochs, whatever they are
    if decays is not None:
        return written, Confidence.MEDIUM
    gamma = schedule.argument(1 if schedule.kind == "ExponentialLR" else 2, "gamma") or Constant(0.1)
    if not isinstance(gamma, Constant) or not isinstance(gamma.value, float) or not 0 < gamma.value < 1:
        return None
    per_epoch, per_batch = gamma.value ** int(share), gamma.value ** int(share * FEW_BATCHES)
    return (written, Confidence.MEDIUM) if per_batch < DEAD < per_epoch else None
