"""What a name is known to be: seen through the batch size that a loader gets."""

from __future__ import annotations

import pytest

from tests.program.reading import program_of
from trainlint.program.evaluation import batch_size

PRELUDE = """
import argparse
import dataclasses
import torch
from dataclasses import dataclass
from torch.utils.data import DataLoader
"""
LOOP = """
model = torch.nn.Linear(1, 1)
for x in loader:
    model(x).sum().backward()
"""


def size_of(text: str) -> tuple[int, bool] | None:
    """Return the batch size of `loader` and whether it is a default only; `None`: not known."""
    (feed,) = program_of(PRELUDE + text + LOOP).feeds_training()
    return batch_size(feed.loader)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        pytest.param("loader = DataLoader(data, batch_size=4)", 4, id="written in the call"),
        pytest.param("loader = DataLoader(data, 4)", 4, id="by position"),
        pytest.param("loader = DataLoader(data)", 1, id="the default of torch"),
        pytest.param("loader = DataLoader(batch_size=4, dataset=data)", 4, id="by keyword only"),
        pytest.param("size = 4\nloader = DataLoader(data, size)", 4, id="a constant with a name"),
        pytest.param("a = b = 4\nloader = DataLoader(data, a)", 4, id="two names at once"),
        pytest.param("a, (b, c) = 1, (2, 4)\nloader = DataLoader(data, c)", 4, id="unpacked"),
        pytest.param("size: int = 4\nloader = DataLoader(data, size)", 4, id="with an annotation"),
        pytest.param("loader = DataLoader(data, 2 * 3 - 8 // 4)", 4, id="arithmetic"),
        pytest.param("size = 8\nsize = 4\nloader = DataLoader(data, size)", 4, id="the last assignment"),
        pytest.param("c = {'train': {'size': 4}}\nloader = DataLoader(data, c['train']['size'])", 4, id="a dict"),
        pytest.param("c = dict(size=4)\nloader = DataLoader(data, c['size'])", 4, id="a dict by keywords"),
        pytest.param("c = {'size': 4}\nloader = DataLoader(data, c.get('size', 8))", 4, id="asked of a dict"),
        pytest.param("c = {}\nc['size'] = 4\nloader = DataLoader(data, c['size'])", 4, id="put into a dict"),
        pytest.param("c = {'batch_size': 4}\nloader = DataLoader(data, **c)", 4, id="as keywords"),
        pytest.param("c = {**{'batch_size': 4}}\nloader = DataLoader(data, **c)", 4, id="a dict from a dict"),
        pytest.param("c = [8, 4]\nloader = DataLoader(data, c[-1])", 4, id="a list"),
        pytest.param("c = (data, 4)\nloader = DataLoader(*c)", 4, id="as arguments"),
        pytest.param("loader = DataLoader(data, 4 if True else 8)", 4, id="a condition that is known"),
        pytest.param("loader = DataLoader(data, (n := 4))", 4, id="an assignment expression"),
        pytest.param("if 2 > 1:\n    size = 4\nelse:\n    size = 8\nloader = DataLoader(data, size)", 4, id="a branch"),
        pytest.param("def size(): return 4\nloader = DataLoader(data, size())", 4, id="what a function returns"),
        pytest.param("def make(n=4): return DataLoader(data, n)\nloader = make()", 4, id="a default of a function"),
        pytest.param("def make(n=8): return DataLoader(data, n)\nloader = make(4)", 4, id="given to a function"),
        pytest.param("make = lambda n: DataLoader(data, n)\nloader = make(4)", 4, id="given to a lambda"),
        pytest.param(
            "def make(**k): return DataLoader(data, **k)\nloader = make(batch_size=4)", 4, id="handed through"
        ),
        pytest.param("def make(*a): return DataLoader(*a)\nloader = make(data, 4)", 4, id="handed through by position"),
        pytest.param(
            "import functools\nmake = functools.partial(DataLoader, batch_size=4)\nloader = make(data)", 4, id="partial"
        ),
        pytest.param("class C:\n    size = 4\nloader = DataLoader(data, C.size)", 4, id="an attribute of a class"),
        pytest.param(
            "class C:\n    size = 4\nloader = DataLoader(data, C().size)", 4, id="an attribute of an instance"
        ),
        pytest.param("class B:\n    size = 4\nclass C(B): pass\nloader = DataLoader(data, C.size)", 4, id="inherited"),
        pytest.param(
            "class C:\n    def __init__(self, n): self.n = n\nloader = DataLoader(data, C(4).n)", 4, id="a member"
        ),
        pytest.param(
            "class C:\n    @property\n    def n(self): return 4\nloader = DataLoader(data, C().n)", 4, id="a property"
        ),
        pytest.param(
            "@dataclass\nclass C:\n    size: int = 4\nloader = DataLoader(data, C().size)", 4, id="a dataclass"
        ),
        pytest.param("loader = DataLoader(data, int(4))", 4, id="an int of an int"),
        pytest.param(
            "a = 4\ndef make():\n    global a\n    a = 2\nmake()\nloader = DataLoader(data, a)", 2, id="global"
        ),
    ],
)
def test_a_value_that_is_written_somewhere_is_followed(text: str, size: int) -> None:
    assert size_of(text) == (size, False)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("loader = DataLoader(data, size)", id="a name that nothing assigns"),
        pytest.param("loader = DataLoader(data, load()['size'])", id="what an unknown call returns"),
        pytest.param("loader = DataLoader(data, *rest)", id="arguments that are not known"),
        pytest.param("loader = DataLoader(data, **rest)", id="keywords that are not known"),
        pytest.param("loader = DataLoader(data, 4 if a else 8)", id="a condition that is not known"),
        pytest.param("size = 4\nif a:\n    size = 8\nloader = DataLoader(data, size)", id="a branch"),
        pytest.param("size = 4\nfor i in a:\n    size = 8\nloader = DataLoader(data, size)", id="a loop"),
        pytest.param("size = 4\nwhile a:\n    size += 1\nloader = DataLoader(data, size)", id="counted up"),
        pytest.param("size = 4\nsize *= n\nloader = DataLoader(data, size)", id="multiplied by something"),
        pytest.param("try:\n    size = 4\nexcept E:\n    size = 8\nloader = DataLoader(data, size)", id="an exception"),
        pytest.param(
            "match a:\n    case 1: size = 4\n    case _: size = 8\nloader = DataLoader(data, size)", id="match"
        ),
        pytest.param(
            "c = {'size': 4}\nc[a] = 8\nloader = DataLoader(data, c['size'])",
            id="a key that is not known",
        ),
        pytest.param("c = {'size': 4}\nc.update(a)\nloader = DataLoader(data, c['size'])", id="updated with something"),
        pytest.param(
            "c = {'size': 4}\nchange(c)\nloader = DataLoader(data, c['size'])",
            id="handed to something",
        ),
        pytest.param("size = 4\ndel size\nloader = DataLoader(data, size)", id="deleted"),
        pytest.param("loader = DataLoader(data, batch_sampler=sampler)", id="a batch sampler makes the batches"),
        pytest.param("loader = DataLoader(data, 4, collate_fn=join)", id="a collate function makes the samples"),
        pytest.param(
            "class C:\n    n = 4\n    def grow(self): self.n = 8\nloader = DataLoader(data, C().n)",
            id="a member that a method changes",
        ),
        pytest.param(
            "@dataclass\nclass C:\n    size: int = 4\nloader = DataLoader(data, C(8).size)",
            id="a field of a dataclass that is given",
        ),
    ],
)
def test_a_value_that_may_be_another_is_not_known(text: str) -> None:
    assert size_of(text) is None


@pytest.mark.parametrize(
    ("expression", "size"), [("None or 4", 4), ("4 or n", 4), ("0 or 4", 4), ("2 and 4", 4), ("0 or None or 4", 4)]
)
def test_and_and_or_give_one_of_their_operands(expression: str, size: int) -> None:
    assert size_of(f"loader = DataLoader(data, {expression})") == (size, False)


class TestCommandLine:
    @pytest.mark.parametrize(
        ("options", "read"),
        [
            ("parser.add_argument('--batch-size', type=int, default=4)", "args.batch_size"),
            ("parser.add_argument('-b', '--batch-size', default=4)", "args.batch_size"),
            ("parser.add_argument('-b', default=4)", "args.b"),
            ("parser.add_argument('--bs', dest='size', default=4)", "args.size"),
            ("n = 4\nparser.add_argument('--size', default=n)", "args.size"),
            ("parser.add_argument_group('g').add_argument('--size', default=4)", "args.size"),
        ],
    )
    @pytest.mark.parametrize("parse", ["args = parser.parse_args()", "args, rest = parser.parse_known_args()"])
    def test_a_default_is_known_as_one(self, options: str, read: str, parse: str) -> None:
        text = f"parser = argparse.ArgumentParser()\n{options}\n{parse}\nloader = DataLoader(data, {read})"
        assert size_of(text) == (4, True)

    @pytest.mark.parametrize(
        "option",
        [
            "parser.add_argument('--size', type=int)",
            "parser.add_argument('--size', default=None)",
            "parser.add_argument('--size', required=True)",
            "parser.add_argument('size', type=int)",
            "parser.add_argument('--size', default=config.size)",
        ],
    )
    def test_what_has_none_is_not_known(self, option: str) -> None:
        text = f"parser = argparse.ArgumentParser()\n{option}\nargs = parser.parse_args()\n"
        assert size_of(f"{text}loader = DataLoader(data, args.size)") is None

    def test_it_is_followed_into_functions_and_members(self) -> None:
        text = """
class Trainer:
    def __init__(self, args):
        self.args = args

    def loader(self):
        return DataLoader(data, self.args.size)


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument('--size', default=4)
    return parser.parse_args()


loader = Trainer(parse()).loader()
"""
        assert size_of(text) == (4, True)

    @pytest.mark.parametrize("change", ["args.size = 8", "args.size *= 2", "if a:\n    args.size = n"])
    def test_one_that_is_overwritten_is_not_that(self, change: str) -> None:
        text = (
            "parser = argparse.ArgumentParser()\n"
            f"parser.add_argument('--size', default=4)\nargs = parser.parse_args()\n{change}\n"
        )
        assert size_of(f"{text}loader = DataLoader(data, args.size)") != (4, True)

    def test_a_default_of_a_function_that_nothing_calls_is_one_too(self) -> None:
        text = """
def train(model, size=4):
    for x in DataLoader(data, size):
        model(x).sum().backward()
"""
        (feed,) = program_of(PRELUDE + text).feeds_training()
        assert batch_size(feed.loader) == (4, True)
