"""Modules that are alike: their forwards are followed once, and they are made again as copies."""

from __future__ import annotations

from tests.program.reading import program_of
from trainlint.program.query import Program
from trainlint.program.values import Object

BLOCK = """
import torch
from torch import nn

class Block(nn.Module):
    def __init__(self, width, normed=True):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3)
        self.norm = nn.BatchNorm2d(width)
        self.normed = normed
        self.steps = []
    def forward(self, x):
        x = self.conv(x)
        if self.normed:
            x = self.norm(x)
        return x
"""


def blocks(program: Program) -> list[Object]:
    """Return the instances of `Block`, in the order of their making."""
    return [o for o in program.objects if not isinstance(o.origin, str) and o.origin.facts.name == "Block"]


def feeds(program: Program) -> set[tuple[str, str]]:
    return {(first.kind, second.kind) for first, second in program.feeds}


def test_all_instances_of_a_block_count() -> None:
    program = program_of(f"{BLOCK}\nmodels = [Block(8), Block(8), Block(8), Block(16)]\n")
    assert feeds(program) == {("Conv2d", "BatchNorm2d")}
    assert [len(program.batch_norms(block)) for block in blocks(program)] == [1, 1, 1, 1]


def test_one_instance_that_goes_another_way_is_told_apart() -> None:
    program = program_of(f"{BLOCK}\nmodels = [Block(8), Block(8), Block(8), Block(8, False)]\n")
    assert feeds(program) == set()
    assert [len(program.batch_norms(block)) for block in blocks(program)] == [1, 1, 1, 0]


def test_blocks_in_a_model_feed_what_follows_each_of_them() -> None:
    net = """
class Conv(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3)
    def forward(self, x):
        return self.conv(x)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.third = Conv(), Conv(), Conv()
        self.one, self.two, self.three = nn.BatchNorm2d(3), nn.BatchNorm2d(3), LAST
    def forward(self, x):
        x = self.one(self.first(x))
        x = self.two(self.second(x))
        return self.three(self.third(x))
model = Net()
"""
    normed = program_of(BLOCK + net.replace("LAST", "nn.BatchNorm2d(3)"))
    (model,) = (o for o in normed.objects if not isinstance(o.origin, str) and o.origin.facts.name == "Net")
    assert len(normed.batch_norms(model)) == 3
    # The convolution stands alone, too, where nothing takes its output: so no pair is sure, but the last is not one.
    other = program_of(BLOCK + net.replace("LAST", "nn.ReLU()"))
    assert feeds(other) == set()


def test_copies_are_things_of_their_own() -> None:
    program = program_of(f"{BLOCK}\na, b, c, d = Block(8), Block(8), Block(8), Block(8)\nd.conv = nn.Linear(3, 4)\n")
    made = blocks(program)
    assert len({block.ident for block in made}) == 4
    assert len({id(block.members["conv"]) for block in made}) == 4
    assert len({id(block.members["steps"]) for block in made}) == 4
    origins = [layer.origin for block in made if isinstance(layer := block.members["conv"], Object)]
    assert origins == ["torch.nn.Conv2d"] * 3 + ["torch.nn.Linear"]
    assert len([o for o in program.objects if o.origin == "torch.nn.Conv2d"]) == 4


def test_what_a_constructor_does_to_others_happens_each_time() -> None:
    program = program_of(
        f"{BLOCK}\nmade = []\nclass Counted(Block):\n    def __init__(self):\n        super().__init__(8)\n"
        "        made.append(self)\n\nx, y, z = Counted(), Counted(), Counted()\nmodel = nn.Sequential(*made)\n"
    )
    (model,) = (o for o in program.objects if o.origin == "torch.nn.Sequential")
    assert len(model.arguments.positional) == 3


def test_a_copy_called_under_autocast_counts_for_the_loss_inside() -> None:
    program = program_of(
        "import torch\nfrom torch import nn\nclass Loss(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.loss, self.fc = nn.BCELoss(), nn.Linear(2, 2)\n"
        "    def forward(self, x, y):\n        return self.loss(self.fc(x), y)\n\n"
        "models = [Loss(), Loss(), Loss()]\n"
    )
    applied = [call for call in program.calls("torch.nn.BCELoss") if not call.makes and call.within is not None]
    around = {id(module) for call in applied for module in program.modules_around(call)}
    assert around == {id(o) for o in program.objects if not isinstance(o.origin, str)}
