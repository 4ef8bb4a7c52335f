"""TL803: evaluation leaves out the last batch."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.edit import SetArgument
from trainlint.finding import Confidence, Finding, Fix, Related, Severity
from trainlint.program.data_api import DISTRIBUTED_SAMPLER
from trainlint.program.datasets import length_of, origin_of
from trainlint.program.evaluation import EVAL_MODE, carries_state, samples_a_batch
from trainlint.program.loading import Loader
from trainlint.program.query import Program
from trainlint.program.readings import readings
from trainlint.program.records import Forward
from trainlint.program.torch_api import sounds_like_training
from trainlint.program.values import NONE, OneOf, Value
from trainlint.rule import Rule


class EvalLoaderDropsData(Rule):
    """Evaluation leaves out the samples of the last, shorter batch.

    ## What it finds
    A `DataLoader` with `drop_last=True` that serves evaluation only: a model is evaluated on it, and its name, its
    dataset or the code around says so. Left alone are loaders that also train, loaders that always have a
    `DistributedSampler` (equal batches keep the ranks together), and models that carry a state of fixed batch size from
    batch to batch.

    ## Why it hurts
    Up to `batch_size - 1` samples are never looked at, and which ones depends on the batch size: of the 10,000 test
    images of CIFAR-10, batches of 128 leave out 16 and batches of 512 leave out 272. The metric is that of another
    test set, so two results with different batch sizes cannot be compared, and with fewer samples than one batch there
    is no result at all.

    ## What to do
    Leave `drop_last` out. Where a metric is averaged over batches, weight each batch by its number of samples.

    ## When to ignore it
    When the metric is one of a whole batch, as a contrastive loss with the other samples for negatives, or the model
    was compiled or exported for one batch size.
    """

    code = "TL803"
    name = "eval-loader-drops-data"
    severity = Severity.WARN
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/data.html#loading-batched-and-non-batched-data",
        "Qiu et al., TFB: Towards Comprehensive and Fair Benchmarking of Time Series Forecasting Methods, VLDB 2024",
    )
    bad = """
import torch
from torch.utils.data import DataLoader, TensorDataset
model = torch.nn.Linear(4, 2)
test_set = TensorDataset(torch.randn(100, 4), torch.randint(2, (100,)))
test_loader = DataLoader(test_set, batch_size=64, drop_last=True)
model.eval()
with torch.no_grad():
    for inputs, targets in test_loader:
        correct = (model(inputs).argmax(1) == targets).sum()
"""
    good = """
import torch
from torch.utils.data import DataLoader, TensorDataset
model = torch.nn.Linear(4, 2)
test_set = TensorDataset(torch.randn(100, 4), torch.randint(2, (100,)))
test_loader = DataLoader(test_set, batch_size=64)
model.eval()
with torch.no_grad():
    for inputs, targets in test_loader:
        correct = (model(inputs).argmax(1) == targets).sum()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for loader in program.loaders:
            place = loader.made.place
            evaluations = [e for e in loader.evaluates if _goes_through(e.forward, loader)]
            if place is None or not evaluations or not loader.surely("drop_last", True):
                continue
            if not _may_leave_out(loader.sampler):
                continue
            said = loader.says_held_out or EVAL_MODE
            if said == EVAL_MODE and sounds_like_training(loader.named):
                continue  # features of the training data, say
            if loader.trains or any(carries_state(evaluation.forward) for evaluation in loader.evaluates):
                continue
            samples, is_default = samples_a_batch(loader.made) or (0, True)
            length = None if loader.dataset is None else length_of(loader.dataset)
            left_out = length % samples if length is not None and samples > 0 and not is_default else None
            if left_out == 0 or samples == 1:
                continue
            count = "the last, shorter batch" if left_out is None else f"{left_out} of its {length} samples"
            evaluated = evaluations[0].operation
            sure = program.in_eval_mode(evaluated) and not isinstance(loader.sampler, OneOf)
            others = [other for other in program.loaders if other.made.place == place and other is not loader]
            made = (call for call in program.calls("torch.utils.data.DataLoader") if call.place == place)
            literal = all(call.written(8, "drop_last") == "True" for call in made)
            yield self.finding(
                place,
                f"{_as_evaluated(loader) if others else loader.named} evaluates, and leaves out {count}",
                related=(Related(evaluated.location, "evaluated here"),),
                evidence={"drop_last": True, "evaluates": said, "left_out": left_out},
                confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
                fix=Fix(
                    "leave `drop_last` at its default", literal and not others, (SetArgument(place, "drop_last", None),)
                ),
            )


def _goes_through(forward: Forward, loader: Loader) -> bool:
    """Tell whether a loop around the forward ends where the loader does, and does not draw on and on."""
    return any(loop.iterable is loader.made for loop in forward.loops)


def _may_leave_out(sampler: Value | None) -> bool:
    """Tell whether what is left out is left out for nothing; a program may also do without its distributed sampler."""
    options = [origin_of(option) for option in readings(sampler or NONE) if option != NONE]
    alone = sampler is None or NONE in readings(sampler)
    return "" not in options and (alone or DISTRIBUTED_SAMPLER not in options)


def _as_evaluated(loader: Loader) -> str:
    """Return what the evaluation calls a loader: the name at its making may be that of several."""
    loops = (loop for evaluation in loader.evaluates for loop in evaluation.forward.loops)
    return next((f"`{loop.text}`" for loop in loops if loop.iterable is loader.made), loader.named)
