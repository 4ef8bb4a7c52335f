"""TL806: a model is validated on the data that train it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.finding import Confidence, Finding, Fix, Place, Related, Severity
from trainlint.program.data_api import LENGTHS
from trainlint.program.datasets import is_held_out, origin_of
from trainlint.program.iteration import loaders_in
from trainlint.program.loading import Loader
from trainlint.program.query import Program
from trainlint.program.readings import readings
from trainlint.program.records import Forward
from trainlint.program.torch_api import sounds_held_out
from trainlint.program.values import NONE, Object
from trainlint.rule import Rule


class EvaluatedOnTrainingData(Rule):
    """A model is validated or tested on the data that train it.

    ## What it finds
    A loader, a dataset or a variable that is named for validation or test and draws from the data of training: two
    loaders over one dataset object without a split, `train=True` given to both datasets of torchvision, the loader of
    training handed to a loop that calls it the validation loader, or a result called `val_loss` that is measured on it.
    So is an evaluation on the loader of training while the loader for evaluation, made beside it, is used by nobody.
    Accuracy on training data under that name is a measurement like any other and left alone, and so are subsets and
    samplers that pick some of the samples, which may take the data apart.

    ## Why it hurts
    A network that has learnt its training data by heart looks perfect: those of Zhang et al. fit 50,000 CIFAR-10
    images with *random* labels to 100 % accuracy, and get 10 % on test images, which is chance. Overfitting cannot be
    seen, and early stopping and the choice of hyperparameters go by the wrong number.

    ## What to do
    Evaluate on data that no training step sees: the test set (`train=False`), or a part set aside by `random_split`.

    ## When to ignore it
    When a single batch is overfitted on purpose, to see whether the model can learn at all.
    """

    code = "TL806"
    name = "evaluated-on-training-data"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "Zhang et al., Understanding deep learning requires rethinking generalization, ICLR 2017, table 1 and figure 1",
        "https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.random_split",
    )
    bad = """
import torch
from torch.utils.data import DataLoader, TensorDataset
x = torch.randn(64, 4)
dataset = TensorDataset(x, x.sum(1, keepdim=True))
train_loader = DataLoader(dataset, batch_size=16, shuffle=True)
val_loader = DataLoader(dataset, batch_size=16)
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(2):
    for inputs, targets in train_loader:
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(inputs), targets).backward()
        optimizer.step()
    with torch.no_grad():
        losses = [torch.nn.functional.mse_loss(model(inputs), targets) for inputs, targets in val_loader]
"""
    good = """
import torch
from torch.utils.data import DataLoader, TensorDataset, random_split
x = torch.randn(64, 4)
dataset = TensorDataset(x, x.sum(1, keepdim=True))
train_set, val_set = random_split(dataset, [48, 16], generator=torch.Generator().manual_seed(0))
train_loader = DataLoader(train_set, batch_size=16, shuffle=True)
val_loader = DataLoader(val_set, batch_size=16)
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(2):
    for inputs, targets in train_loader:
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(inputs), targets).backward()
        optimizer.step()
    with torch.no_grad():
        losses = [torch.nn.functional.mse_loss(model(inputs), targets) for inputs, targets in val_loader]
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        training = {loader.made: loader for loader in program.loaders if loader.trains}
        aside = [loader for loader in program.loaders if _is_set_aside(loader)]
        seen: set[Place] = set()
        passes = list(program.passes_over_data())
        over: dict[Place | None, set[Object]] = {}
        for _, loop in passes:
            over.setdefault(loop.place, set()).update(loaders_in(loop.through) if loop.through is not None else ())
        for forward, loop in passes:
            loaders = [training.get(made) for made in loaders_in(loop.through)] if loop.through is not None else []
            trains = loaders[0] if loaders and all(loaders) else None
            place = (forward.called_at[loop.frames - 1] if loop.frames else None) or loop.place
            if trains is None or place is None or loop.place is None or place in seen:
                continue
            names, given = program.results_of(place) if loop.frames else ([], [])
            said = next(filter(sounds_held_out, names), None)
            text = _STRING.sub("", loop.text)
            if sounds_held_out(text) and over[loop.place] <= training.keys() and not _says_training(names):
                seen.add(place)
                yield self._finding(loop.place, f"`{text}`", text, trains, forward)
            elif said is not None and not any(map(sounds_held_out, given)):
                seen.add(place)
                yield self._finding(place, f"what `{said}` is measured on", said, trains, forward)
            elif forward.operation.grad is False or program.in_eval_mode(forward.operation):
                idle = next((other for other in aside if _beside(other, trains) and program.is_idle(other)), None)
                if idle is not None:
                    seen.add(place)
                    together = any(f.forward.called_at[: loop.frames] == forward.called_at for f in trains.trains)
                    yield self._left_aside(loop.place if together else place, idle, trains, forward)
        training = {made: loader for made, loader in training.items() if _takes_all(loader)}
        for loader in program.loaders:
            said = next(filter(sounds_held_out, _names(loader)), None)
            if said is None or loader.trains or not loader.evaluates or not _takes_all(loader):
                continue
            same = next((other for other in training.values() if _draw_the_same(loader, other)), None)
            if same is None:
                continue
            dataset = loader.dataset
            place = loader.made.place
            if isinstance(dataset, Object) and dataset is not same.dataset:
                place = dataset.place
            assert place is not None
            yield self._finding(place, loader.named, said, same, loader.evaluates[0].forward)

    def _left_aside(self, place: Place, idle: Loader, trains: Loader, forward: Forward) -> Finding:
        assert idle.made.place is not None
        return self.finding(
            place,
            f"the model is evaluated on {trains.named}, which trains it; nothing is drawn from {idle.named}",
            related=(
                Related(idle.made.place, "made for evaluation, and never used"),
                Related(forward.operation.location, "evaluated here"),
            ),
            evidence={"evaluates": trains.made.name, "trains": trains.made.name, "unused": idle.made.name},
            confidence=Confidence.MEDIUM,
            fix=Fix(f"evaluate on {idle.named}"),
        )

    def _finding(self, place: Place, name: str, said: str, trains: Loader, forward: Forward) -> Finding:
        assert trains.made.place is not None
        return self.finding(
            place,
            f"{name} gives the samples that train the model: {trains.named} draws from the same data",
            related=(
                Related(trains.made.place, "the loader that trains"),
                Related(forward.operation.location, "evaluated here"),
            ),
            evidence={"evaluates": said, "trains": trains.made.name},
            confidence=Confidence.MEDIUM,
            fix=Fix("evaluate on data that are set aside"),
        )


_STRING = re.compile(r"(, )?(\w+=)?(?<!\[)'[^']*'")  # a label of the progress bar, but not the key of a dict


def _says_training(names: list[str]) -> bool:
    """Tell whether what is measured is called a measurement on training data."""
    return any("train" in name.lower() for name in names)


def _is_set_aside(loader: Loader) -> bool:
    """Tell whether a loader says that it is there for evaluation, though no model is ever given its batches."""
    says = sounds_held_out(loader.made.name) or any(is_held_out(source) for source in loader.drawn_from)
    return bool(says) and not loader.trains and not loader.evaluates


def _beside(loader: Loader, other: Loader) -> bool:
    ours, theirs = loader.made.place, other.made.place
    return ours is not None and theirs is not None and ours.file == theirs.file


def _takes_all(loader: Loader) -> bool:
    """Tell whether no sampler picks some of the samples only."""
    return all(option == NONE or origin_of(option) in _OF_ALL for option in readings(loader.sampler or NONE))


_OF_ALL = {
    f"torch.utils.data.{name}"
    for name in ("DistributedSampler", "RandomSampler", "SequentialSampler", "WeightedRandomSampler")
}


def _names(loader: Loader) -> Iterator[str]:
    """Yield the names that an evaluation has for its loader; a function may evaluate training data as well."""
    yield loader.made.name
    for evaluation in loader.evaluates:
        yield from (loop.text for loop in evaluation.forward.loops if loop.iterable is loader.made)


def _draw_the_same(loader: Loader, trains: Loader) -> bool:
    """Tell whether two loaders give the same samples, in one of the ways that the program may go."""
    if loader.dataset is None or trains.dataset is None:
        return False
    return any(
        _is_same(ours, theirs)
        for ours in readings(loader.dataset)
        for theirs in readings(trains.dataset)
        if isinstance(ours, Object) and isinstance(theirs, Object)
    )


def _is_same(ours: Object, theirs: Object) -> bool:
    """Tell whether two datasets are one, or two alike that are both the part for training."""
    if ours is theirs:
        return True
    home, _, name = origin_of(ours).rpartition(".")
    alike = origin_of(ours) == origin_of(theirs) and home.startswith("torchvision.datasets") and name in LENGTHS
    return alike and is_held_out(ours) is False and is_held_out(theirs) is False
