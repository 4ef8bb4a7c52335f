"""TL203: the last training batch holds a single sample, which batch norm cannot normalise."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.edit import SetArgument
from trainlint.finding import Confidence, Finding, Fix, Related, Severity
from trainlint.program.anatomy import Layer
from trainlint.program.datasets import length_of
from trainlint.program.evaluation import batch_size
from trainlint.program.query import Program
from trainlint.program.values import Value
from trainlint.rule import Rule


class BatchnormLastBatchOfOne(Rule):
    """The last training batch holds a single sample, which batch norm cannot normalise.

    ## What it finds
    A training loader that keeps its last, shorter batch, where the number of samples and the batch size are known and
    leave exactly one over, and a model with `BatchNorm1d` behind a `Linear`: one value per channel. Where only the
    running program knows how many samples there are, this is left to the run.

    ## Why it hurts
    The variance of a single value is 0. torch raises "Expected more than 1 value per channel when training" at the very
    end of the first epoch: with 1,025 samples in batches of 64, after 16 good steps.

    ## What to do
    Pass `drop_last=True` to the loader that trains; with `shuffle=True` another sample is left out in each epoch.

    ## When to ignore it
    When the batch-norm layers are in eval mode while the model trains.
    """

    code = "TL203"
    name = "batchnorm-last-batch-of-one"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm1d.html",
        "https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.DataLoader",
    )
    bad = """
import torch
from torch.utils.data import DataLoader, TensorDataset
model = torch.nn.Sequential(torch.nn.Linear(4, 8, bias=False), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loader = DataLoader(TensorDataset(torch.randn(65, 4)), batch_size=16, shuffle=True)
try:
    for (inputs,) in loader:
        optimizer.zero_grad()
        model(inputs).square().mean().backward()
        optimizer.step()
except ValueError as error:
    print(error)
"""
    good = """
import torch
from torch.utils.data import DataLoader, TensorDataset
model = torch.nn.Sequential(torch.nn.Linear(4, 8, bias=False), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loader = DataLoader(TensorDataset(torch.randn(65, 4)), batch_size=16, shuffle=True, drop_last=True)
for (inputs,) in loader:
    optimizer.zero_grad()
    model(inputs).square().mean().backward()
    optimizer.step()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for loader in program.loaders:
            place, dataset = loader.made.place, loader.dataset
            size, length = batch_size(loader.made), None if dataset is None else length_of(dataset)
            if place is None or size is None or length is None or loader.sampler is not None:
                continue
            samples, is_default = size
            if samples < 2 or length % samples != 1 or not loader.surely("drop_last", None, False):
                continue
            for feed in loader.trains:
                layers = _one_value_per_channel(program, feed.model)
                if not layers or not feed.alone or feed.forward.folded or not program.in_training_mode(feed.operation):
                    continue
                yield self.finding(
                    place,
                    f"the last of the {length // samples + 1} batches of {loader.named} holds 1 sample: "
                    f"{length} samples, {samples} at a time",
                    related=(Related(layers[0].place, "cannot normalise a single value per channel"),),
                    evidence={"samples": length, "batch_size": samples, "last_batch": 1},
                    confidence=Confidence.MEDIUM if is_default else Confidence.HIGH,
                    fix=Fix("pass `drop_last=True`", edits=(SetArgument(place, "drop_last", "True", 8),)),
                )
                break


def _one_value_per_channel(program: Program, model: Value) -> list[Layer]:
    """Return the batch norms of a model that are given one value per sample and channel."""
    behind_linear = {id(layer.module) for before, layer in program.feeds if before.kind == "Linear"}
    return [
        layer
        for layer in program.batch_norms(model)
        if layer.kind == "BatchNorm1d" and id(layer.module) in behind_linear
    ]
