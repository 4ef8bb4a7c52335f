"""TL101: a model is evaluated in training mode."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from trainlint.edit import Insert, Written
from trainlint.finding import Confidence, Finding, Fix, Related, Severity
from trainlint.program.query import Program
from trainlint.rule import Rule
from trainlint.run import Run
from trainlint.run_facts import Forward

SEVERAL = 2  # evaluation forwards in a row: a single one may be a sample that is drawn to look at


class MissingEval(Rule):
    """A model with dropout or batch norm is evaluated in training mode.

    ## What it finds
    A forward of validation, test or prediction that every way through the program reaches with the model in training
    mode, where the model holds dropout or batch norm; also, with less confidence, a model that is not known, once the
    program has called `train()` on it. In a run: a forward that no backward follows, on evaluation
    data, through dropout or batch-norm layers in training mode.

    ## Why it hurts
    Dropout goes on dropping: with `p=0.5` each prediction uses a random half of the units, and the same input gives
    another output each time. Batch norm normalises each sample by the others in its batch, so the metric depends on
    the batch size and the order of the data, a batch of one fails or gives constants, and each evaluation batch
    moves the running statistics: the model learns from the test data. Reported accuracy is then commonly points lower
    than the model's own, and early stopping follows noise.

    ## What to do
    Call `model.eval()` before evaluating and `model.train()` before training goes on. The fix is unsafe because it
    changes the numbers that the program reports.

    ## When to ignore it
    When the randomness is wanted (Monte-Carlo dropout), or when the running statistics are being re-estimated on
    purpose. Batch norm that is meant to use the statistics of the test batch says so with `track_running_stats=False`.
    """

    code = "TL101"
    name = "missing-eval"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.eval",
        "https://docs.pytorch.org/docs/stable/notes/autograd.html#evaluation-mode-nn-module-eval",
        "Srivastava et al., Dropout, JMLR 2014, section 10",
    )
    bad = """
import torch
model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 2))
test_loader = torch.utils.data.DataLoader([(torch.randn(4), 0)] * 64, batch_size=16)
with torch.no_grad():
    for inputs, targets in test_loader:
        outputs = model(inputs)
"""
    good = """
import torch
model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 2))
test_loader = torch.utils.data.DataLoader([(torch.randn(4), 0)] * 64, batch_size=16)
model.eval()
with torch.no_grad():
    for inputs, targets in test_loader:
        outputs = model(inputs)
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        trained = {forward.operation.location for forward in program.training()}
        for evaluation in program.evaluations():
            call = evaluation.operation.call
            if not program.in_training_mode(evaluation.operation):
                continue
            layers = program.acts_by_mode(evaluation.model)
            location = evaluation.operation.location
            loop = evaluation.own_loop
            around = location if loop is None else loop
            names = (("model", Written(call)),)
            sure = bool(layers) and evaluation.grad is False
            if layers:
                reason = _as_in_training([layer.kind for layer in layers])
            elif not evaluation.knows_model:
                reason = "`train()` put it there, and nothing takes it out"
            else:
                continue
            yield self.finding(
                evaluation.operation.location,
                f"`{call}` is evaluated in training mode: {reason}",
                related=tuple(
                    Related(layer.place, "acts otherwise in training than in eval mode") for layer in layers[:1]
                ),
                evidence={"layers": len(layers), "evaluates": evaluation.evidence},
                confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
                fix=Fix(
                    f"call `{call}.eval()` before evaluating, and `train()` after it",
                    edits=()
                    if location in trained
                    else (
                        Insert(around, "{model}.train()", "after", names, holds=location),
                        Insert(around, "{model}.eval()", "before", names, holds=location),
                    ),
                ),
            )

    def check_run(self, run: Run) -> Iterator[Finding]:
        trained = {forward.model for forward in run.forwards if forward.trained}
        training_data = {feed.loader for feed in run.feeds if feed.batches_trained}
        for forward in run.forwards:
            if not forward.training or forward.trained or forward.model not in trained:
                continue
            kinds = _acting(run, forward)
            feed = forward.feed
            if feed is not None:
                # Statistics are re-estimated on purpose on training data; swa_utils.update_bn loops by itself.
                wanted = feed.loader in training_data or forward.call.endswith("update_bn")
                evaluates = feed.evaluates and not wanted
            else:
                moved = 0 < forward.statistics_moved == forward.statistics_checked
                evaluates = not forward.grad and moved and forward.longest_untrained >= SEVERAL
            if not kinds or not evaluates:
                continue
            evidence = {
                "forwards": forward.count,
                "statistics_moved": forward.statistics_moved,
                "statistics_checked": forward.statistics_checked,
            }
            yield self.finding(
                forward.location,
                f"`{forward.call}` is evaluated in training mode: {_as_in_training(kinds)}",
                related=()
                if feed is None
                else (Related(feed.location, f"no backward follows the {feed.batches} batches from here"),),
                evidence=evidence,
                fix=Fix(f"call `{forward.model.name}.eval()` before evaluating, and `train()` after it"),
            )


def _acting(run: Run, forward: Forward) -> list[str]:
    """Return the kind of each layer that acted as in training, though not of those asked to average for ever."""
    acting = {*forward.norms, *forward.dropout}
    return [
        layer.type
        for layer in run.layers
        if layer.model == forward.model
        and layer.path in acting
        and not ("BatchNorm" in layer.type and layer.facts.get("momentum", 0.0) is None)
    ]


def _as_in_training(layers: list[str]) -> str:
    counted = [f"{n} `{kind}`" if n > 1 else f"`{kind}`" for kind, n in sorted(Counter(layers).items())]
    several = len(layers) > 1
    return f"its {' and '.join(counted)} {'layers act' if several else 'layer acts'} as in training"
