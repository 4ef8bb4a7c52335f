"""How many axes a tensor has, and how long the last one is."""

import pytest

from tests.program.reading import program_of

PRELUDE = """
import torch
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset, random_split
import torch.nn.functional as F
from elsewhere import mark
"""


def shape(text: str) -> tuple[int | None, int | None]:
    """Return the number of axes and the length of the last one of the argument of `mark`."""
    program = program_of(PRELUDE + text)
    (call,) = program.calls("elsewhere.mark")
    known = program.shape(call.arguments.get(0, "input"))
    return known.rank, known.last


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("torch.randn(8, 3)", (2, 3)),
        ("torch.zeros((8, n))", (2, None)),
        ("torch.randint(0, 4, (8,))", (1, 8)),
        ("torch.full((n,), 1.0)", (1, None)),
        ("torch.arange(n).float().to(device)", (1, None)),
        ("torch.tensor([1.0, 2.0])", (1, 2)),
        ("torch.tensor([[1], [2]])", (2, 1)),
        ("torch.randn(8).unsqueeze(1)", (2, 1)),
        ("torch.randn(8, 1).squeeze(-1)", (1, None)),
        ("torch.randn(8, 4).view(-1)", (1, None)),
        ("torch.randn(8, 4).view(-1, 1)", (2, 1)),
        ("torch.randn(8, 4, 4).flatten(1)", (2, None)),
        ("nn.Linear(4, 1)(torch.randn(8, 4))", (2, 1)),
        ("nn.Linear(4, 1)(x)", (None, 1)),
        ("nn.Sequential(nn.Flatten(), nn.Linear(4, 2), nn.Sigmoid())(x)", (2, 2)),
        ("nn.Linear(4, 1)(x).squeeze()", (None, None)),
        ("nn.Linear(4, 1)(x)[:, 0]", (None, None)),
        ("x", (None, None)),
        ("torch.tensor(x)", (None, None)),
        ("torch.zeros(x.shape)", (None, None)),
    ],
)
def test_expressions(expression: str, expected: tuple[int | None, int | None]) -> None:
    assert shape(f"mark({expression})") == expected


LOADER = "data = TensorDataset(torch.randn(64, 4), torch.randn(64), torch.randn(64, 1))\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("for x, y, z in DataLoader(data):\n    mark(y)\n", (1, None)),
        ("for i, (x, y, z) in enumerate(DataLoader(data)):\n    z = z.to(device)\n    mark(z)\n", (2, 1)),
        ("for batch in DataLoader(data):\n    mark(batch[1])\n", (1, None)),
        ("train, val = random_split(data, [32, 32])\nfor x, y, z in DataLoader(train):\n    mark(y)\n", (1, None)),
        ("for x, y, z in DataLoader(Subset(data, [1, 2])):\n    mark(z)\n", (2, 1)),
        ("for x, y in DataLoader(unknown):\n    mark(y)\n", (None, None)),
    ],
)
def test_batches_have_the_axes_of_what_they_are_cut_from(text: str, expected: tuple[int | None, int | None]) -> None:
    assert shape(LOADER + text) == expected


def test_the_shape_of_what_a_forward_gives() -> None:
    text = (
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.fc = nn.Linear(4, 1)\n"
        "    def forward(self, x):\n        return self.fc(x), torch.tanh(x)\nout, _ = Net()(x)\nmark(out)\n"
    )
    assert shape(text) == (None, 1)
