"""Whether a loader is ever drawn from, and what a call's result is called."""

from __future__ import annotations

import pytest

from tests.program.reading import program_of

HEAD = """
from torch.utils.data import DataLoader
"""


@pytest.mark.parametrize(
    ("source", "idle"),
    [
        ("loader = DataLoader(data)", True),
        ("loader = DataLoader(data)\nprint(len(loader), len(loader.dataset))", True),
        ("loader = DataLoader(data)\nloader.dataset.epoch = 3", True),
        ("loader = DataLoader(data)\nfor batch in loader:\n    print(batch)", False),
        ("loader = DataLoader(data)\ndef later():\n    return loader", False),
        ("loader = DataLoader(data)\nfor sample in loader.dataset:\n    print(sample)", False),
        ("def make():\n    loader = DataLoader(data)\n    return 1\nmake()\nprint(loader)", True),
        ("def make():\n    loader = DataLoader(data)\n    return loader\nmake()", False),
        ("class Task:\n    def __init__(self):\n        self.loader = DataLoader(data)\nTask()", True),
        ("class Task:\n    def __init__(self):\n        self.loader = DataLoader(data)\nprint(Task().loader)", False),
        ("print(DataLoader(data))", False),
    ],
)
def test_a_loader_is_idle_where_nothing_reads_it_but_for_its_length(source: str, idle: bool) -> None:
    program = program_of(HEAD + source)
    assert [program.is_idle(loader) for loader in program.loaders] == [idle]


def test_a_loader_that_another_file_imports_is_not_idle() -> None:
    files = ("setup.py", HEAD + "loader = DataLoader(data)"), ("train.py", "from setup import loader\nprint(loader)")
    program = program_of(*files)
    assert [program.is_idle(loader) for loader in program.loaders] == [False]


def test_the_names_of_a_result_are_told_with_what_the_call_is_given() -> None:
    program = program_of("import torch\nval_loss, self.count = torch.stack(losses, dim=0)")
    (call,) = program.calls("torch.stack")
    assert program.results_of(call.place) == (["val_loss", "self.count"], ["losses", "0"])


@pytest.mark.parametrize(
    ("body", "drawn"),
    [
        ("for batch in loader:\n        yield batch", ["loader"]),
        ("for number, batch in enumerate(loader):\n        yield batch", ["loader"]),
        ("for batch in loader:\n        for sample in batch:\n            yield sample", []),
    ],
)
def test_a_generator_of_whole_batches_is_gone_over_in_place_of_its_loader(body: str, drawn: list[str]) -> None:
    source = f"""
import torch
from torch.utils.data import DataLoader
loader = DataLoader(data)
network = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
def stream(loader):
    {body}
for batch in stream(loader):
    optimizer.zero_grad()
    network(batch).sum().backward()
    optimizer.step()
"""
    program = program_of(source)
    assert [loader.made.name for loader in program.loaders if loader.trains] == drawn
