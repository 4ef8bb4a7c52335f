"""Loaders, datasets, splits and transforms, as rules ask for them."""

import pytest

from tests.program.reading import program_of
from trainlint.program.anatomy import frozen_with_batch_norm
from trainlint.program.data_api import split_word
from trainlint.program.datasets import is_held_out, length_of, random_transform, transform_of
from trainlint.program.loading import Loader

PRELUDE = """
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, IterableDataset, Subset, TensorDataset, random_split
from torchvision import datasets, transforms

"""


def loader_of(text: str) -> Loader:
    """Return the only loader of a source."""
    (loader,) = program_of(PRELUDE + text).loaders
    return loader


@pytest.mark.parametrize(
    ("dataset", "length"),
    [
        ("TensorDataset(torch.randn(65, 4), torch.zeros(65))", 65),
        ("TensorDataset(torch.randn(65, 4), torch.zeros(64))", None),
        ("TensorDataset(torch.randint(0, 9, (65,)))", 65),
        ("TensorDataset(torch.randn(n, 4))", None),
        ("TensorDataset(x)", None),
        ("Subset(data, range(10, 30))", 20),
        ("Subset(data, indices)", None),
        ("random_split(data, [80, 20])[1]", 20),
        ("random_split(data, [0.8, 0.2])[1]", None),
        ("datasets.CIFAR10('data')", 50_000),
        ("datasets.MNIST('data', train=False)", 10_000),
        ("datasets.MNIST('data', train=is_train)", None),
        ("datasets.STL10('data', split='test')", 8_000),
        ("datasets.ImageFolder('data')", None),
    ],
)
def test_a_dataset_is_as_long_as_the_source_says(dataset: str, length: int | None) -> None:
    given = loader_of(f"loader = DataLoader({dataset})").dataset
    assert given is not None
    assert length_of(given) == length


@pytest.mark.parametrize(
    ("dataset", "held_out"),
    [
        ("datasets.CIFAR10('data')", False),
        ("datasets.CIFAR10('data', False)", True),
        ("datasets.CIFAR10('data', train=flag)", None),
        ("datasets.SVHN('data', split='test')", True),
        ("datasets.ImageFolder(os.path.join(root, 'val'))", True),
        ("datasets.ImageFolder('birds/train')", False),
        ("datasets.ImageFolder('birds')", None),
    ],
)
def test_a_dataset_tells_which_part_it_is(dataset: str, held_out: bool | None) -> None:
    given = loader_of(f"loader = DataLoader({dataset})").dataset
    assert given is not None
    assert is_held_out(given) is held_out


@pytest.mark.parametrize(
    ("word", "is_train"),
    [("train", True), ("data/train.csv", True), ("val", False), ("test_set", False), ("value", None), ("latest", None)],
)
def test_words_for_parts_of_data(word: str, is_train: bool | None) -> None:
    assert split_word(word) is is_train


@pytest.mark.parametrize(
    ("body", "by_index"),
    [
        ("def __getitem__(self, i): return self.x[i]", True),
        ("def __getitem__(self, i): return self.draw()", False),
        ("def __init__(self): random.shuffle(self.x)\n    def __getitem__(self, i): return self.x[i]", False),
        ("def __iter__(self): return iter(self.x)\n    def __getitem__(self, i): return self.x[i]", False),
        ("def get(self, i): return self.x[i]", False),
    ],
)
def test_samples_by_index(body: str, by_index: bool) -> None:
    program = program_of(f"{PRELUDE}class Own(Dataset):\n    {body}\nloader = DataLoader(Own())")
    dataset = program.loaders[0].dataset
    assert dataset is not None
    assert program.is_map_style(dataset) is by_index


@pytest.mark.parametrize(
    ("making", "random"),
    [
        ("x = np.load('x.npy')", False),
        ("x = np.load('x.npy')\nx = x[np.random.permutation(len(x))]", True),
        ("x = np.load('x.npy')\nnp.random.shuffle(x)", True),
        ("x, _ = train_test_split(np.load('x.npy'))\nx = torch.tensor(x).float()[:100]", True),
        ("x = torch.randn(8, 4)[2:]", True),
    ],
)
def test_data_in_random_order(making: str, random: bool) -> None:
    imports = "import numpy as np\nfrom sklearn.model_selection import train_test_split\n"
    program = program_of(f"{PRELUDE}{imports}{making}\nloader = DataLoader(TensorDataset(x))")
    dataset = program.loaders[0].dataset
    assert dataset is not None
    assert program.in_random_order(dataset) is random


@pytest.mark.parametrize(
    ("transform", "random"),
    [
        ("transforms.ToTensor()", None),
        ("transforms.RandomCrop(32)", "RandomCrop"),
        ("transforms.RandomHorizontalFlip(p=0.0)", None),
        ("transforms.Compose([transforms.ToTensor(), transforms.ColorJitter(0.1)])", "ColorJitter"),
        ("transforms.Compose([*more, transforms.ColorJitter(0.1)])", None),
        ("transforms.RandomCrop(32) if train else transforms.CenterCrop(32)", None),
    ],
)
def test_a_transform_is_random_for_sure_or_not(transform: str, random: str | None) -> None:
    dataset = loader_of(f"loader = DataLoader(datasets.CIFAR10('data', transform={transform}))").dataset
    assert dataset is not None
    given = transform_of(dataset)
    assert given is not None
    found = random_transform(given)
    assert (None if found is None else str(found.origin).rpartition(".")[2]) == random


LOOPS = """
class Rows(Dataset):
    def __getitem__(self, index): return index

loaders = {phase: DataLoader(Rows(), shuffle=phase == 'train') for phase in ['train', 'val']}
model = nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(2):
    for x in loaders['train']:
        model(x).sum().backward()
        optimizer.step()
    for x in loaders['val']:
        with torch.no_grad():
            model(x)
"""


def test_which_loader_trains_and_which_evaluates() -> None:
    train, val = program_of(PRELUDE + LOOPS).loaders
    assert train.surely("shuffle", True)
    assert [bool(train.trains), bool(train.evaluates)] == [True, False]
    assert val.surely("shuffle", False)
    assert [bool(val.trains), bool(val.evaluates)] == [False, True]
    assert val.says_held_out == "loaders['val']"


@pytest.mark.parametrize(
    ("freezing", "frozen"),
    [
        ("body.requires_grad_(False)", True),
        ("for p in body.parameters(): p.requires_grad = False", True),
        ("for n, p in body.named_parameters(): p.requires_grad_(False)", True),
        ("for n, p in body.named_parameters():\n    if 'bn' in n: p.requires_grad = False", False),
        ("for p in list(body.parameters())[:1]: p.requires_grad = False", False),
        ("body.requires_grad_(False)\nbody.requires_grad_(True)", False),
        ("for p in body.parameters():\n    p.data.copy_(q)\n    p.requires_grad = False", False),
    ],
)
def test_a_part_is_frozen_wholly_or_not(freezing: str, frozen: bool) -> None:
    body = "body = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))"
    program = program_of(f"{PRELUDE}{body}\n{freezing}\nmodel = nn.Sequential(body, nn.ReLU())")
    model = next(o for o in program.objects if o.name == "model")
    assert bool(frozen_with_batch_norm(model, at=10**9)) is frozen
