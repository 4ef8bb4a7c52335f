"""TL505: `ReduceLROnPlateau` watches its metric in the wrong direction."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.edit import SetArgument
from trainlint.finding import Confidence, Finding, Fix, Related, Severity
from trainlint.program.query import Program
from trainlint.program.records import Called
from trainlint.program.tensors import Tensor
from trainlint.program.values import Constant, OneOf, Unknown, Value
from trainlint.rule import Rule

# Words of a metric's name. Where both kinds stand in one name ("dice_loss"), it is a loss; a "score" may be either.
_BETTER_WHEN_LOW = {"loss", "losses", "error", "err", "mae", "mse", "rmse", "mape", "nll", "ppl", "perplexity", "bpb"}
_BETTER_WHEN_LOW |= {"wer", "cer", "bpc", "eer", "fid"}
_BETTER_WHEN_HIGH = {"acc", "accs", "accuracy", "accuracies", "acc1", "top1", "f1", "auc", "auroc", "rocauc", "mAP"}
_BETTER_WHEN_HIGH |= {"bleu", "iou", "miou", "dice", "psnr", "ssim", "r2", "prec", "prec1", "recall"}
_BETTER_WHEN_HIGH |= {"precision", "correct"}
_TURNED = {"neg", "negative", "inv", "inverse", "minus"}

# A name, an attribute, an item or a call of one of these: anything else may turn the direction round.
_PLAIN = re.compile(r"[\w.\[\]'\"()]+$")
_WORDS = re.compile(r"mAP|[A-Z]?[a-z]+\d?|[A-Z]+(?![a-z])\d?|\d")


class PlateauModeMismatch(Rule):
    """A `ReduceLROnPlateau` watches an accuracy as if it were a loss, or a loss as if it were an accuracy.

    ## What it finds
    A `ReduceLROnPlateau` in `min` mode, which is the default, that is stepped with an accuracy, an F1, an AUC or the
    like; or one in `max` mode that is stepped with a loss or an error. What a metric is, its name says, or the loss
    function that gave it. Silent where the metric is negated or the name says neither.

    ## Why it hurts
    Each epoch in which the model gets better counts as a bad one. With `patience=10` and `factor=0.1` the rate of a
    model that improves steadily is divided by 10 every 11 epochs: after 44 epochs it is 1/10,000 of what it was, and
    training stands still while it went well.

    ## What to do
    Say `mode="max"` for what should grow, `mode="min"` for what should fall.

    ## When to ignore it
    When the metric is named for something that it is not.
    """

    code = "TL505"
    name = "plateau-mode-mismatch"
    severity = Severity.ERROR
    since = "0.1"
    references = ("https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html",)
    bad = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=2)
inputs, labels = torch.randn(8, 4), torch.randint(2, (8,))
for epoch in range(10):
    optimizer.zero_grad()
    logits = model(inputs)
    torch.nn.functional.cross_entropy(logits, labels).backward()
    optimizer.step()
    accuracy = (logits.argmax(1) == labels).float().mean().item()
    scheduler.step(accuracy)
"""
    good = """
import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="max", patience=2)
inputs, labels = torch.randn(8, 4), torch.randint(2, (8,))
for epoch in range(10):
    optimizer.zero_grad()
    logits = model(inputs)
    torch.nn.functional.cross_entropy(logits, labels).backward()
    optimizer.step()
    accuracy = (logits.argmax(1) == labels).float().mean().item()
    scheduler.step(accuracy)
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for schedule in program.schedules:
            if schedule.kind != "ReduceLROnPlateau":
                continue
            given = schedule.argument(1, "mode")
            mode = "min" if given is None else given.value if isinstance(given, Constant) else None
            for step in schedule.steps:
                wanted = _mode_for(step)
                if wanted is None or mode not in ("min", "max") or mode == wanted[0]:
                    continue
                better, why, confidence = wanted
                metric = step.written(0, "metrics")
                moves = "falls" if mode == "min" else "grows"
                by_default = ", by default," if given is None else ""
                yield self.finding(
                    step.place,
                    f"`{schedule.name}`{by_default} waits until `{metric}` no longer {moves}, but {why}",
                    related=(Related(schedule.made.place, f"`{schedule.name}` is made here, in `{mode}` mode"),),
                    evidence={"scheduler": schedule.name, "metric": metric, "mode": mode, "default": given is None},
                    confidence=confidence,
                    fix=Fix(
                        f'make it with `mode="{better}"`',
                        edits=(SetArgument(schedule.made.place, "mode", f'"{better}"', 1),),
                    ),
                )


def _mode_for(step: Called) -> tuple[str, str, Confidence] | None:
    """Return the mode for what the scheduler is given, why, and how sure that is."""
    metric = step.arguments.get(0, "metrics")
    if metric is None or not _PLAIN.match(step.written(0, "metrics")):
        return None
    loss = _loss_function(metric)
    if loss is not None:
        return "min", f"it comes from `{loss}`: less is better", Confidence.HIGH
    names = [step.written(0, "metrics"), getattr(metric, "name", "")]
    for name in names:
        words = {word if word == "mAP" else word.lower() for word in _WORDS.findall(name)}
        if words & _TURNED:
            return None
        if words & _BETTER_WHEN_LOW:
            return "min", "less is better", Confidence.MEDIUM
        if words & _BETTER_WHEN_HIGH:
            return "max", "more is better", Confidence.MEDIUM
    return None


def _loss_function(metric: Value) -> str | None:
    """Return the loss function of torch that gave a metric."""
    if isinstance(metric, OneOf):
        return None
    if isinstance(metric, Unknown) and metric.name == "item" and len(metric.parts) == 1:
        metric = metric.parts[0]
    if not isinstance(metric, Tensor) or metric.made_by is None:
        return None
    name = metric.made_by.name
    is_loss = name.startswith("torch.nn.") and name.endswith(("Loss", "_loss", "cross_entropy"))
    return metric.made_by.text if is_loss else None
