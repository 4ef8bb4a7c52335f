"""TL806: a model is validated on the data that train it."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.finding import Confidence, Finding, Fix, Place, Related, Severity
from trainlint.program.data_api import LENGTHS
from trainlint.program.datasets import is_held_out, origin_of
from trainlint.program.evaluation import Evaluation
from trainlint.program.loading import Loader
from trainlint.program.query import Program
from trainlint.program.readings import readings
from trainlint.program.torch_api import sounds_held_out
from trainlint.program.values import Object
from trainlint.rule import Rule


class EvaluatedOnTrainingData(Rule):
    """A model is validated or tested on the data that train it.

    ## What it finds
    A loader, a dataset or a variable that is named for validation or test and draws from the data of training: two
    loaders over one dataset object without a split, `train=True` given to both datasets of torchvision, or the loader
    of training handed to a loop that calls it the validation loader. Accuracy on training data under that name is a
    measurement like any other and left alone, and so are samplers and subsets, which may take the data apart.

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
        training = [loader for loader in program.loaders if loader.trains and loader.sampler is None]
        for trains in training:
            for evaluation in trains.evaluates:
                yield from self._called_held_out(trains, evaluation)
        for loader in program.loaders:
            said = next(filter(sounds_held_out, _names(loader)), None)
            if said is None or loader.trains or not loader.evaluates or loader.sampler is not None:
                continue
            same = next((other for other in training if _draw_the_same(loader, other)), None)
            if same is None:
                continue
            dataset = loader.dataset
            place = loader.made.place
            if isinstance(dataset, Object) and dataset is not same.dataset:
                place = dataset.place
            assert place is not None
            yield self._finding(place, loader.named, said, same, loader.evaluates[0])

    def _called_held_out(self, loader: Loader, evaluation: Evaluation) -> Iterator[Finding]:
        """Find the training loader where the loop over it calls it the one for validation."""
        loop = next((loop for loop in evaluation.forward.loops if loop.iterable is loader.made), None)
        if loop is not None and loop.place is not None and loop.alone and sounds_held_out(loop.text):
            yield self._finding(loop.place, f"`{loop.text}`", loop.text, loader, evaluation)

    def _finding(self, place: Place, name: str, said: str, trains: Loader, evaluation: Evaluation) -> Finding:
        assert trains.made.place is not None
        return self.finding(
            place,
            f"{name} gives the samples that train the model: {trains.named} draws from the same data",
            related=(
                Related(trains.made.place, "the loader that trains"),
                Related(evaluation.operation.location, "evaluated here"),
            ),
            evidence={"evaluates": said, "trains": trains.made.name},
            confidence=Confidence.MEDIUM,
            fix=Fix("evaluate on data that are set aside"),
        )


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
