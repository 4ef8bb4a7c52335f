"""What a loop over a generator of the program goes through."""

import pytest

from tests.program.reading import program_of
from trainlint.operations import Role
from trainlint.program.provenance import Origin

PRELUDE = """
import torch
from torch.utils.data import DataLoader

"""
LOOP = """
for images, labels in batches(DataLoader(data, batch_size=8)):
    torch.nn.functional.cross_entropy(labels, images).backward()
"""


@pytest.mark.parametrize(
    ("body", "draws"),
    [
        ("for batch in loader:\n        yield batch", True),
        ("for i, (x, y) in enumerate(loader):\n        yield x.float(), y", True),
        ("yield from loader", True),
        ("while True:\n        for batch in loader:\n            yield batch", False),
        ("yield torch.zeros(1), 2\n    for batch in loader:\n        yield batch", False),
    ],
)
def test_a_generator_draws_from_what_its_only_loop_goes_through(body: str, draws: bool) -> None:
    program = program_of(f"{PRELUDE}def batches(loader):\n    {body}\n{LOOP}")
    (root,) = [root for root in program.roots if not root.name]
    assert (getattr(root.loops[-1].iterable, "role", None) is Role.LOADER) is draws


@pytest.mark.parametrize("body", ["for batch in loader:\n        yield batch", "yield from loader"])
def test_what_a_generator_takes_from_a_loader_is_a_batch(body: str) -> None:
    program = program_of(f"{PRELUDE}def batches(loader):\n    {body}\n{LOOP}")
    (call,) = program.calls("torch.nn.functional.cross_entropy")
    assert program.origin(call.arguments.get(0, "input")) is Origin.BATCH
