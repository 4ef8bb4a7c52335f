"""Which layer feeds which, what a model is made of, and where other axes are folded into the batch axis."""

from __future__ import annotations

import pytest

from tests.program.reading import program_of
from trainlint.program.values import Object

PRELUDE = """
import torch
import torch.nn.functional as F
from collections import OrderedDict
from torch import nn
"""


def feeds(text: str) -> set[tuple[str, str]]:
    """Return the kinds of the layers that feed each other for sure."""
    return {(first.kind, second.kind) for first, second in program_of(PRELUDE + text).feeds}


def module(init: str, forward: str, base: str = "nn.Module") -> str:
    """Return the source of a module with these lines in `__init__` and `forward`."""
    return (
        f"class Net({base}):\n    def __init__(self, flag=False):\n        super().__init__()\n"
        + "".join(f"        {line}\n" for line in init.splitlines())
        + "    def forward(self, x, y=None):\n"
        + "".join(f"        {line}\n" for line in forward.splitlines())
        + "model = Net()\n"
    )


TWO = "self.conv = nn.Conv2d(3, 8, 3)\nself.norm = nn.BatchNorm2d(8)"
CONV_NORM = ("Conv2d", "BatchNorm2d")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("m = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))", id="Sequential"),
        pytest.param("m = nn.Sequential(*[nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)])", id="Sequential of a list"),
        pytest.param("ls = [nn.Conv2d(3, 8, 3)]\nls.append(nn.BatchNorm2d(8))\nm = nn.Sequential(*ls)", id="append"),
        pytest.param("ls = [nn.Conv2d(3, 8, 3)]\nls += [nn.BatchNorm2d(8)]\nm = nn.Sequential(*ls)", id="+="),
        pytest.param("ls = [nn.Conv2d(3, 8, 3)] + [nn.BatchNorm2d(8)]\nm = nn.Sequential(*ls)", id="+"),
        pytest.param("ls = [nn.Conv2d(3, 8, 3)]\nls.extend([nn.BatchNorm2d(8)])\nm = nn.Sequential(*ls)", id="extend"),
        pytest.param("m = nn.Sequential()\nm.append(nn.Conv2d(3, 8, 3))\nm.append(nn.BatchNorm2d(8))", id="grown"),
        pytest.param(
            "m = nn.Sequential()\nm.add_module('c', nn.Conv2d(3, 8, 3))\nm.add_module('n', nn.BatchNorm2d(8))",
            id="add_module",
        ),
        pytest.param(
            "m = nn.Sequential(OrderedDict([('c', nn.Conv2d(3, 8, 3)), ('n', nn.BatchNorm2d(8))]))", id="OrderedDict"
        ),
        pytest.param("m = nn.Sequential({'c': nn.Conv2d(3, 8, 3), 'n': nn.BatchNorm2d(8)})", id="dict"),
        pytest.param(
            "ls = []\nfor i in range(3):\n    ls.append(nn.Conv2d(8, 8, 3))\n    ls.append(nn.BatchNorm2d(8))\n"
            "m = nn.Sequential(*ls)",
            id="in a loop",
        ),
        pytest.param(
            "ls = []\nfor i in range(3):\n    ls += [nn.Conv2d(8, 8, 3), nn.BatchNorm2d(8)]\nm = nn.Sequential(*ls)",
            id="two at once in a loop",
        ),
        pytest.param(
            "def block(n): return nn.Sequential(nn.Conv2d(n, n, 3), nn.BatchNorm2d(n))\n"
            "m = nn.Sequential(block(8), block(16))",
            id="a function that makes them",
        ),
        pytest.param(
            "class Block(nn.Sequential):\n    def __init__(self):\n"
            "        super().__init__(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))\nm = Block()",
            id="subclass of Sequential",
        ),
        pytest.param(module(TWO, "return self.norm(self.conv(x))"), id="nested calls"),
        pytest.param(module(TWO, "x = self.conv(x)\nx = self.norm(x)\nreturn x"), id="one after the other"),
        pytest.param(module(TWO, "h = self.conv(x)\nreturn F.relu(self.norm(h))"), id="under another name"),
        pytest.param(module(TWO, "return self.norm.forward(self.conv.forward(x))"), id="forward by name"),
        pytest.param(module(TWO, "if self.training:\n    x = self.norm(self.conv(x))\nreturn x"), id="in a branch"),
        pytest.param(
            module(TWO, "for i in range(3):\n    x = self.norm(self.conv(x))\nreturn x"), id="in a loop of forward"
        ),
        pytest.param(
            module(f"{TWO}\nself.both = nn.Sequential(self.conv, self.norm)", "return self.both(x)"), id="a member"
        ),
        pytest.param(
            module(
                "self.ls = nn.ModuleList([nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)])",
                "for layer in self.ls:\n    x = layer(x)\nreturn x",
            ),
            id="ModuleList",
        ),
        pytest.param(
            module(TWO, "return self.apply_both(x)").replace(
                "    def forward",
                "    def apply_both(self, x):\n        return self.norm(self.conv(x))\n    def forward",
            ),
            id="in a method that forward calls",
        ),
        pytest.param(
            module(TWO, "return self.norm(self.conv(x))").replace("model = Net()\n", ""),
            id="a class that nothing makes",
        ),
        pytest.param(
            "class Base(nn.Module):\n    def forward(self, x): return self.norm(self.conv(x))\n"
            "class Net(Base):\n    def __init__(self):\n        super().__init__()\n"
            "        self.conv = nn.Conv2d(3, 8, 3)\n        self.norm = nn.BatchNorm2d(8)\n",
            id="an inherited forward",
        ),
    ],
)
def test_the_convolution_feeds_the_norm(text: str) -> None:
    assert CONV_NORM in feeds(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("m = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.BatchNorm2d(8))", id="something between"),
        pytest.param("m = nn.Sequential(nn.BatchNorm2d(8), nn.Conv2d(8, 8, 3))", id="the other way round"),
        pytest.param("m = nn.ModuleList([nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)])", id="a list says nothing of order"),
        pytest.param("m = [nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)]", id="nor does a plain one"),
        pytest.param(
            "ls = [nn.Conv2d(3, 8, 3)]\nif a:\n    ls.append(nn.ReLU())\nls.append(nn.BatchNorm2d(8))\n"
            "m = nn.Sequential(*ls)",
            id="perhaps something between",
        ),
        pytest.param(
            "ls = [nn.Conv2d(3, 8, 3)]\nls.extend(more())\nls.append(nn.BatchNorm2d(8))\nm = nn.Sequential(*ls)",
            id="something unknown between",
        ),
        pytest.param("m = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8) if a else nn.Identity())", id="perhaps"),
        pytest.param(
            "m = nn.Sequential(nn.Conv2d(3, 8, 3), make(8), nn.BatchNorm2d(8))", id="an unknown layer between"
        ),
        pytest.param(module(TWO, "return self.norm(F.relu(self.conv(x)))"), id="a function between"),
        pytest.param(module(TWO, "return self.norm(self.conv(x) + x)"), id="a sum"),
        pytest.param(module(TWO, "h = self.conv(x)\nreturn self.norm(h) + h"), id="used twice"),
        pytest.param(module(TWO, "h = self.conv(x)\nself.kept = h\nreturn self.norm(h)"), id="kept"),
        pytest.param(module(TWO, "h = self.conv(x)\nreturn self.norm(h), h"), id="returned as well"),
        pytest.param(
            module(TWO, "x = self.conv(x)\nif y is not None:\n    x = self.norm(x)\nreturn x"), id="only sometimes"
        ),
        pytest.param(module(TWO, "x = self.conv(x)\nx = x.view(-1, 8, 4, 4)\nreturn self.norm(x)"), id="reshaped"),
        pytest.param(module(TWO, "return self.norm(x) + self.conv(x)"), id="side by side"),
        pytest.param(module(TWO, "return self.norm(self.conv(x)) if y else self.conv(x)"), id="elsewhere alone"),
        pytest.param(module(TWO, "a = self.norm(self.conv(x))\nb = self.conv(y)\nreturn a + b"), id="shared"),
    ],
)
def test_the_convolution_does_not_feed_the_norm_and_nothing_else(text: str) -> None:
    assert CONV_NORM not in feeds(text)


def test_a_chain_of_layers() -> None:
    layers = "nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2)"
    assert feeds(f"m = nn.Sequential({layers})") == {
        CONV_NORM,
        ("BatchNorm2d", "ReLU"),
        ("ReLU", "Flatten"),
        ("Flatten", "Linear"),
    }


def test_each_pair_is_named_once_however_often_it_is_used() -> None:
    text = (
        "def block(): return nn.Sequential(nn.Conv2d(8, 8, 3), nn.BatchNorm2d(8))\n"
        "m = nn.Sequential(block(), block())\n"
    )
    program = program_of(PRELUDE + text)
    places = [(first.place, second.place) for first, second in program.feeds if first.kind == "Conv2d"]
    assert len(places) == len(set(places)) == 1


def test_a_layer_that_feeds_another_kind_somewhere_else_is_not_named() -> None:
    text = "conv = nn.Conv2d(8, 8, 3)\na = nn.Sequential(conv, nn.BatchNorm2d(8))\nb = nn.Sequential(conv, nn.ReLU())\n"
    assert CONV_NORM not in feeds(text)


def norms(text: str) -> list[str]:
    """Return the batch norms of `model`, the model that is trained, that normalise over its samples for sure."""
    train = "for x in torch.utils.data.DataLoader(data):\n    model(x).sum().backward()\n"
    program = program_of(PRELUDE + text + train)
    (feed,) = program.feeds_training()
    return [layer.kind for layer in program.batch_norms(feed.model)]


NORM = "self.norm = nn.BatchNorm1d(8)"


@pytest.mark.parametrize(
    "forward",
    [
        "return self.norm(x)",
        "return self.norm(x.view(x.size(0), -1))",
        "return self.norm(x.view(x.shape[0], -1))",
        "return self.norm(x.reshape(len(x), -1))",
        "return self.norm(x.flatten(1))",
        "return self.norm(torch.flatten(x, 1))",
        "return self.norm(x.flatten(start_dim=1))",
        "return self.norm(x.transpose(1, 2))",
        "return self.norm(x.permute(0, 2, 1))",
        "return self.norm(F.relu(x)).view(-1)",
    ],
)
def test_a_norm_over_the_samples(forward: str) -> None:
    assert norms(module(NORM, forward)) == ["BatchNorm1d"]


@pytest.mark.parametrize(
    "forward",
    [
        "return self.norm(x.view(-1, 8))",
        "return self.norm(x.reshape(-1, 8))",
        "return self.norm(x.reshape((-1, 8)))",
        "return self.norm(torch.reshape(x, (-1, 8)))",
        "return self.norm(x.flatten(0, 1))",
        "return self.norm(torch.flatten(x, 0, 1))",
        "return self.norm(x.permute(1, 0, 2))",
        "return self.norm(x.transpose(0, 1))",
        "return self.norm(x.squeeze(0))",
        "return self.norm(x.unfold(1, 2, 2))",
        "x = x.view(-1, 8)\nx = F.relu(x)\nreturn self.norm(x)",
        "if y is None:\n    x = x.view(-1, 8)\nreturn self.norm(x)",
        "return x",
    ],
)
def test_a_norm_over_something_else_or_never_seen(forward: str) -> None:
    assert norms(module(NORM, forward)) == []


@pytest.mark.parametrize(
    "text",
    [
        "model = nn.SyncBatchNorm.convert_sync_batchnorm(nn.Sequential(nn.BatchNorm1d(8)))\n",
        "model = nn.Sequential(nn.GroupNorm(2, 8), nn.LayerNorm(8), nn.SyncBatchNorm(8))\n",
        "model = nn.Linear(1, 1)\n",
    ],
)
def test_other_norms_are_none(text: str) -> None:
    assert norms(text) == []


def test_norms_deep_inside_a_model() -> None:
    text = module("self.body = nn.Sequential(nn.Linear(8, 8), nn.Sequential(nn.BatchNorm1d(8)))", "return self.body(x)")
    assert norms(text) == ["BatchNorm1d"]


def test_a_layer_knows_the_arguments_that_it_was_made_with() -> None:
    (pair,) = program_of(
        f"{PRELUDE}n = 8\nm = nn.Sequential(nn.Conv2d(3, n, 3, bias=False), nn.BatchNorm2d(n))\n"
    ).feeds
    conv, norm = pair
    channels, features = conv.argument(1, "out_channels"), norm.argument(0, "num_features")
    assert channels is not None
    assert features is not None
    assert channels.key == features.key
    assert conv.argument(5, "dilation") is None
    assert isinstance(conv.module, Object)
