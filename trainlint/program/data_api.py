"""What the names of datasets, samplers and transforms mean, by dotted name."""

from __future__ import annotations

import re

# Made into objects, so that rules can ask for their arguments.
_DATA = re.compile(
    r"torch\.utils\.data\.(TensorDataset|ConcatDataset|Subset|random_split|\w*Sampler)$"
    r"|torchvision\.(datasets|transforms)\.(\w+\.)*[A-Z]\w*$"
    r"|albumentations\.(\w+\.)*[A-Z]\w*$"
)
SUBSET = "torch.utils.data.Subset"
SPLIT = "torch.utils.data.random_split"
CONCATENATED = "torch.utils.data.ConcatDataset"
TENSORS = "torch.utils.data.TensorDataset"
DISTRIBUTED_SAMPLER = "torch.utils.data.DistributedSampler"

# https://docs.pytorch.org/vision/stable/datasets.html: samples for training and for test.
LENGTHS = {
    "MNIST": (60_000, 10_000),
    "FashionMNIST": (60_000, 10_000),
    "KMNIST": (60_000, 10_000),
    "CIFAR10": (50_000, 10_000),
    "CIFAR100": (50_000, 10_000),
    "USPS": (7_291, 2_007),
    "SVHN": (73_257, 26_032),
    "STL10": (5_000, 8_000),
}

# Transforms that draw anew for each sample: https://docs.pytorch.org/vision/stable/transforms.html,
# https://albumentations.ai/docs/reference/supported-targets-by-transform/.
_RANDOM = re.compile(
    r"torchvision\.transforms\.(\w+\.)*(Random(?!Order$)\w+|ColorJitter|RandAugment|AutoAugment|TrivialAugmentWide"
    r"|AugMix|ElasticTransform|ScaleJitter)$"
    r"|albumentations\.(\w+\.)*(Random\w+|HorizontalFlip|VerticalFlip|Flip|Rotate|ShiftScaleRotate|Affine|Perspective"
    r"|ColorJitter|HueSaturationValue|RGBShift|GaussNoise|ISONoise|CoarseDropout|Cutout|ElasticTransform"
    r"|GridDistortion|OpticalDistortion|Transpose)$"
)
_COMPOSE = re.compile(r"(torchvision\.transforms\.(\w+\.)*|albumentations\.(\w+\.)*)(Compose|Sequential)$")

# Calls after which the order of samples carries nothing, or which draw the samples themselves.
_SHUFFLES = re.compile(
    r"torch\.(randperm|randn?|randint|randn?_like|normal|multinomial|bernoulli)$"
    r"|numpy\.random\.|random\.(shuffle|sample|choices?|random|randint|gauss|uniform)$|\.(shuffle|permutation)$"
    r"|sklearn\.(utils\.shuffle|model_selection\.(train_test_split|KFold|StratifiedKFold|ShuffleSplit)"
    r"|datasets\.(\w+\.)*make_\w+)$|torch\.utils\.data\.random_split$|\.(sample|train_test_split)$"
)


def is_data(dotted: str) -> bool:
    """Tell whether calling this name makes a dataset, a sampler or a transform."""
    return _DATA.match(dotted) is not None


def is_random_transform(dotted: str) -> bool:
    """Tell whether a transform of this class changes a sample in another way each time."""
    return _RANDOM.match(dotted) is not None


def composes(dotted: str) -> bool:
    """Tell whether this makes one transform of a list of them."""
    return _COMPOSE.match(dotted) is not None


def shuffles(dotted: str) -> bool:
    """Tell whether what this call gives, or has been given, stands in random order."""
    return _SHUFFLES.match(dotted) is not None


_TRAIN_WORDS = re.compile(r"train(ing|val)?([-_]\w+)?$|trainset$", re.I)
_HELD_OUT_WORDS = re.compile(
    r"(val|valid|validation|test|dev|eval|evaluation|holdout)([-_]?(set|data|\d+|images))?$", re.I
)


def split_word(text: str) -> bool | None:
    """Tell whether a word, or the last part of a path, names data for training (`True`) or held out (`False`)."""
    last = re.sub(r"\.\w{1,5}$", "", text.rstrip("/").rpartition("/")[2])
    if _TRAIN_WORDS.match(last):
        return True
    return False if _HELD_OUT_WORDS.match(last) else None
