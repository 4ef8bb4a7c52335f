"""TL804: validation or test data are changed at random."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.finding import Confidence, Finding, Fix, Related, Severity
from trainlint.operations import Kind
from trainlint.program.datasets import is_held_out, random_transform, sources_of, transform_of
from trainlint.program.evaluation import Evaluation
from trainlint.program.loading import Loader
from trainlint.program.query import Program
from trainlint.program.values import ClassValue, Object
from trainlint.rule import Rule

_MEANT = re.compile(r"(^|_|\b)(tta|augment\w*|views?|repeats?|robust\w*|corrupt\w*)(_|\b|$)", re.I)


class AugmentationOnEval(Rule):
    """Validation or test data are changed at random.

    ## What it finds
    A dataset with a random transform of torchvision or albumentations (crop, flip, jitter, erasing, …) behind a loader
    that evaluates: the transform of training was given to the test set, or a training set with augmentation was split
    by `random_split` or `Subset`, so that the validation part has its transform as well. Evaluation that repeats over
    the same data, or is named for test-time augmentation, is left alone, and so are own datasets that are told which
    part they are: they may well look at it.

    ## Why it hurts
    The metric is that of harder data, and another one each time. A small convolutional network on scikit-learn's
    digits, trained with crops shifted by up to one pixel, gets 98.1 % of the test images right; cropped like the
    training images, 93.1 % to 96.7 % in 20 evaluations of the same weights. The best epoch and the best
    hyperparameters are then picked by that noise.

    ## What to do
    Give the dataset for evaluation a transform of its own, without random parts. After a split, make two datasets
    over the same files, one with each transform, and pick the indices from both.

    ## When to ignore it
    When augmented data are what is to be measured: robustness, test-time augmentation, a self-supervised loss.
    """

    code = "TL804"
    name = "augmentation-on-eval"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/tutorials/beginner/transfer_learning_tutorial.html#load-data",
        "https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.random_split",
    )
    bad = """
import torch

def main():
    from torchvision import datasets, transforms
    augmented = transforms.Compose([transforms.RandomCrop(32, padding=4), transforms.ToTensor()])
    test_set = datasets.CIFAR10("data", train=False, transform=augmented)
    test_loader = torch.utils.data.DataLoader(test_set, batch_size=100)
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3072, 10)).eval()
    with torch.no_grad():
        for images, labels in test_loader:
            correct = (model(images).argmax(1) == labels).sum()
"""
    good = """
import torch

def main():
    from torchvision import datasets, transforms
    test_set = datasets.CIFAR10("data", train=False, transform=transforms.ToTensor())
    test_loader = torch.utils.data.DataLoader(test_set, batch_size=100)
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3072, 10)).eval()
    with torch.no_grad():
        for images, labels in test_loader:
            correct = (model(images).argmax(1) == labels).sum()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        training = {id(source) for loader in program.loaders if loader.trains for source in loader.drawn_from}
        for loader in program.loaders:
            said = loader.says_held_out
            if said is None or loader.dataset is None or _is_meant(loader):
                continue
            for source, subset in sources_of(loader.dataset):
                changed = _changed_at_random(source)
                place = (
                    source.place if isinstance(source, Object) and subset is None else getattr(subset, "place", None)
                )
                if changed is None or place is None or changed.place is None:
                    continue
                if subset is None and id(source) in training:
                    continue  # the very data that train: a matter of its own
                name = changed.origin.rpartition(".")[2] if isinstance(changed.origin, str) else ""
                shared = subset is not None
                how = (
                    f"shares the random `{name}` of the data it was split from" if shared else f"goes through `{name}`"
                )
                yield self.finding(
                    place,
                    f"what {loader.named} evaluates on {how}, which draws anew each time",
                    related=(
                        Related(changed.place, "the random transform"),
                        *(Related(e.operation.location, "evaluated here") for e in loader.evaluates[:1]),
                    ),
                    evidence={"transform": name, "evaluates": said, "split": shared},
                    confidence=Confidence.HIGH if loader.evaluates else Confidence.MEDIUM,
                    fix=Fix("give the data for evaluation a transform without random parts"),
                )


def _changed_at_random(source: object) -> Object | None:
    if not isinstance(source, Object):
        return None
    if isinstance(source.origin, ClassValue) and is_held_out(source) is not None:
        return None  # it may apply its transform in training only
    transform = transform_of(source)
    return None if transform is None else random_transform(transform)


def _is_meant(loader: Loader) -> bool:
    return bool(_MEANT.search(loader.made.name)) or any(map(_repeats_or_says_so, loader.evaluates))


def _repeats_or_says_so(evaluation: Evaluation) -> bool:
    """Tell whether the same data are evaluated several times over, or a name speaks of augmentation."""
    forward = evaluation.forward
    names = (*forward.functions, *(loop.text for loop in forward.loops))
    outer = forward.loops[:-1]
    repeats = any(all(o.kind is not Kind.BACKWARD for o in loop.operations) for loop in outer)
    return repeats or any(_MEANT.search(name) for name in names)
