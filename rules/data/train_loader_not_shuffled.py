"""TL801: training data come in the same order in each epoch."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.edit import SetArgument
from trainlint.finding import Confidence, Finding, Fix, Related, Severity
from trainlint.program.evaluation import Feed, carries_state
from trainlint.program.loading import Loader
from trainlint.program.query import Program
from trainlint.program.values import Object
from trainlint.rule import Rule


class TrainLoaderNotShuffled(Rule):
    """Training data come in the same order in each epoch.

    ## What it finds
    A `DataLoader` that trains a model on a dataset read by index, with neither `shuffle=True` nor a sampler. Iterable
    datasets, datasets that shuffle or pick samples themselves, samples that were drawn or permuted at random when the
    data were made, and loops that carry a state from batch to batch are left alone; so is everything of which the
    dataset or the argument is not known.

    ## Why it hurts
    Stochastic gradient descent takes each batch for a random sample of the data. Where files are sorted by class, as
    `torchvision.datasets.ImageFolder` reads them, a batch holds one class only: each step pulls all outputs to that
    class. A small network on scikit-learn's digits, sorted by label, gets 9 % of the test images right after 10 epochs
    and 97 % with `shuffle=True` (mean of 5 seeds). Where the order carries nothing, the same batches still come again
    in each epoch, so what one of them has that the others lack never averages out.

    ## What to do
    Pass `shuffle=True` to the loader that trains; leave it out for validation.

    ## When to ignore it
    When the order is part of the method: a curriculum, or a stream that is read once.
    """

    code = "TL801"
    name = "train-loader-not-shuffled"
    severity = Severity.WARN
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/data.html#data-loading-order-and-sampler",
        "Mishchenko, Khaled and Richtárik, Random Reshuffling: Simple Analysis with Vast Improvements, NeurIPS 2020",
    )

    bad = """
import torch
from torch.utils.data import DataLoader, TensorDataset
features = torch.linspace(-1, 1, 64).unsqueeze(1)
loader = DataLoader(TensorDataset(features, (features > 0).float()), batch_size=8)
model = torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    for inputs, targets in loader:
        optimizer.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(model(inputs), targets).backward()
        optimizer.step()
"""
    good = """
import torch
from torch.utils.data import DataLoader, TensorDataset
features = torch.linspace(-1, 1, 64).unsqueeze(1)
loader = DataLoader(TensorDataset(features, (features > 0).float()), batch_size=8, shuffle=True)
model = torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    for inputs, targets in loader:
        optimizer.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(model(inputs), targets).backward()
        optimizer.step()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        unshuffled = {loader.made for loader in program.loaders if _keeps_the_order(program, loader)}
        for loader in program.loaders:
            if loader.made not in unshuffled:
                continue
            if not any(_learns_by_descent(program, feed, unshuffled) for feed in loader.trains):
                continue
            place, feed = loader.made.place, loader.trains[0]
            assert place is not None
            written = loader.argument("shuffle") is not None
            shared = any(other.made.place == place for other in program.loaders if other is not loader)
            yield self.finding(
                place,
                f"{loader.named} trains `{feed.operation.call}` on the same batches in the same order in each epoch",
                related=(Related(feed.operation.location, "trained here"),),
                evidence={"shuffle": False, "sampler": None, "written": written},
                confidence=Confidence.MEDIUM if written else Confidence.HIGH,
                fix=Fix("pass `shuffle=True`", not written and not shared, (SetArgument(place, "shuffle", "True", 2),)),
            )


def _keeps_the_order(program: Program, loader: Loader) -> bool:
    """Tell whether a loader surely gives the samples in the order of the dataset, and that carries something."""
    if loader.evaluates or not loader.surely("shuffle", None, False, 0) or loader.sampler is not None:
        return False
    dataset = loader.dataset
    return dataset is not None and program.is_map_style(dataset) and not program.in_random_order(dataset)


def _learns_by_descent(program: Program, feed: Feed, unshuffled: set[Object]) -> bool:
    """Tell whether batches of loaders that do not shuffle move weights, and none needs the one before it.

    Of a model in eval mode, an attack asks for gradients as well.
    """
    moves = feed.optimizes and not program.in_eval_mode(feed.operation)
    from_these = bool(feed.loaders) and unshuffled.issuperset(feed.loaders)
    return moves and from_these and not carries_state(feed.forward)
