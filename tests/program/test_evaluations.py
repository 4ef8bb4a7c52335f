"""Which forwards evaluate, and which loaders train."""

from __future__ import annotations

import pytest

from tests.program.reading import program_of
from trainlint.program.evaluation import batch_size
from trainlint.program.values import Object

PRELUDE = """
import torch
from torch import nn
from torch.utils.data import DataLoader
model = nn.Linear(1, 1)
"""


def evidence(text: str) -> list[str]:
    """Return what says of each forward that evaluates that it does."""
    return [found.evidence for found in program_of(PRELUDE + text).evaluations()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("for x in val_loader:\n    model(x)", ["val_loader"], id="the name of a loader"),
        pytest.param("for i, x in enumerate(test_loader):\n    model(x)", ["enumerate(test_loader)"], id="enumerated"),
        pytest.param(
            "d = DataLoader(a)\nvalid_dl = d\nfor x in valid_dl:\n    model(x)", ["valid_dl"], id="another name"
        ),
        pytest.param("for x in loaders['val']:\n    model(x)", ["loaders['val']"], id="a key"),
        pytest.param("for x in self.eval_data:\n    model(x)", ["self.eval_data"], id="an attribute"),
        pytest.param("with torch.no_grad():\n    model(x_test)", ["x_test"], id="the name of what is given"),
        pytest.param(
            "def validate(m):\n    for x in data:\n        m(x)\nvalidate(model)", ["validate"], id="a function"
        ),
        pytest.param("model.eval()\nfor x in data:\n    model(x)", ["eval mode"], id="the mode"),
        pytest.param("y = [model(x) for x in test_loader]", ["test_loader"], id="a comprehension"),
    ],
)
def test_what_says_that_a_forward_evaluates(text: str, expected: list[str]) -> None:
    assert evidence(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("for x in loader:\n    model(x)", id="nothing says so"),
        pytest.param("for x in train_loader:\n    model(x)", id="the loader is for training"),
        pytest.param("for x in train_val_loader:\n    model(x)", id="for both"),
        pytest.param("for x in val_loader:\n    model(x).sum().backward()", id="a backward goes through it"),
        pytest.param(
            "o = torch.optim.SGD(model.parameters(), lr=1)\n"
            "for x in val_loader:\n    l = model(x)\n    f(l, o)\n    o.step()",
            id="the loop steps",
        ),
        pytest.param("for x in val_loader:\n    step(model, model(x))", id="something unknown may train on it"),
        pytest.param("model(x_test)", id="a single forward that records"),
        pytest.param(
            "def train_and_test(m):\n    for x in data:\n        m(x)\ntrain_and_test(model)", id="a name for both"
        ),
    ],
)
def test_a_forward_that_may_train(text: str) -> None:
    assert evidence(text) == []


def test_the_first_forward_of_each_loop_is_named() -> None:
    text = "for x in val_loader:\n    model(x)\n    model(x)\nfor x in test_loader:\n    model(x)\n"
    assert evidence(text) == ["val_loader", "test_loader"]


def sizes(text: str) -> list[int]:
    """Return the batch size of each loader that trains, by its forwards."""
    found = []
    for feed in program_of(PRELUDE + text).feeds_training():
        assert isinstance(feed.loader, Object)
        size = batch_size(feed.loader)
        assert size is not None
        found.append(size[0])
    return found


@pytest.mark.parametrize(
    "loop",
    [
        "for x in loader:\n    model(x).sum().backward()",
        "for x, y in loader:\n    f(model(x), y).backward()",
        "for i, (x, y) in enumerate(loader):\n    f(model(x), y).backward()",
        "for x, z in zip(loader, other):\n    model(x).sum().backward()",
        "from tqdm import tqdm\nfor x in tqdm(loader, desc='epoch'):\n    model(x).sum().backward()",
        "for epoch in range(3):\n    for x in loader:\n        loss = model(x).sum()\n        loss.backward()",
        "def train(l):\n    for x in l:\n        model(x).sum().backward()\ntrain(loader)",
        (
            "class T:\n    def __init__(self, l): self.l = l\n    def run(self):\n        for x in self.l:\n"
            "            model(x).sum().backward()\nT(loader).run()"
        ),
    ],
)
def test_a_loader_that_trains(loop: str) -> None:
    assert sizes(f"loader = DataLoader(data, batch_size=4)\n{loop}\n") == [4]


@pytest.mark.parametrize(
    "loop",
    [
        pytest.param("for x in loader:\n    model(x)", id="no backward"),
        pytest.param("for x in loader:\n    with torch.no_grad():\n        model(x)\n    l.backward()", id="no graph"),
        pytest.param("for x in loader:\n    model(x.view(-1, 3)).sum().backward()", id="each sample becomes many"),
        pytest.param("for x in other:\n    model(x).sum().backward()", id="another loader"),
    ],
)
def test_a_loader_that_does_not_train(loop: str) -> None:
    assert sizes(f"loader = DataLoader(data, batch_size=4)\n{loop}\n") == []


def test_two_loaders() -> None:
    loops = "for x in a:\n    model(x).sum().backward()\nfor x in b:\n    model(x).sum().backward()\n"
    assert sizes(f"a = DataLoader(d, 4)\nb = DataLoader(d, 8)\n{loops}") == [4, 8]
