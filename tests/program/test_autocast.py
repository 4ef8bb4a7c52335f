"""What autocast makes of each forward and backward."""

from collections.abc import Hashable

import pytest

from tests.program.reading import operations, program_of
from trainlint.operations import Kind, Operation, Precision
from trainlint.program.walk import walk

PRELUDE = """
import contextlib
import torch
from contextlib import nullcontext
from torch import nn
model = nn.Linear(4, 4)
"""
FULL, HALF, BRAIN, LOWER = Precision.FULL, Precision.FLOAT16, Precision.BFLOAT16, Precision.LOWER


def precisions(text: str) -> list[Precision | None]:
    """Return what autocast makes of each forward of a script that has `model`, in the order of the source."""
    return [operation.autocast for operation in operations(program_of(PRELUDE + text), Kind.FORWARD)]


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ("torch.autocast('cuda')", HALF),
        ("torch.amp.autocast('cpu')", BRAIN),
        ("torch.autocast(device_type='cuda:1', dtype=torch.bfloat16)", BRAIN),
        ("torch.autocast('cpu', torch.half)", HALF),
        ("torch.autocast('xpu')", LOWER),
        ("torch.autocast('cuda', dtype=dtype)", LOWER),
        ("torch.autocast('cuda', enabled=False)", FULL),
        ("torch.autocast('cuda', None, False)", FULL),
        ("torch.cuda.amp.autocast()", HALF),
        ("torch.cuda.amp.autocast(False)", FULL),
        ("torch.cuda.amp.autocast(dtype=torch.bfloat16)", BRAIN),
        ("torch.cuda.amp.autocast_mode.autocast()", HALF),
        ("torch.cpu.amp.autocast()", BRAIN),
        ("torch.autocast(torch.device('cuda').type)", HALF),
        ("torch.autocast('cuda' if torch.cuda.is_available() else 'cpu')", HALF),
        ("torch.autocast(x.device.type)", LOWER),
        ("functools.partial(torch.autocast, 'cuda', dtype=torch.bfloat16)()", BRAIN),
        ("nullcontext()", FULL),
        ("torch.no_grad()", FULL),
        ("open(path)", FULL),
        ("accelerator.autocast()", None),
        ("ctx", None),
    ],
)
def test_a_context_sets_it(context: str, expected: Precision | None) -> None:
    assert precisions(f"import functools\nwith {context}:\n    model(x)\n") == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("with torch.autocast('cuda'):\n    pass\nmodel(x)\n", [FULL]),
        ("with torch.autocast('cuda'):\n    with torch.autocast('cuda', enabled=False):\n        model(x)\n", [FULL]),
        ("with torch.no_grad(), torch.autocast('cuda'):\n    model(x)\n", [HALF]),
        ("with torch.autocast('cuda'):\n    with torch.no_grad():\n        model(x)\n", [HALF]),
        ("@torch.autocast('cuda')\ndef f(x):\n    return model(x)\nf(x)\nmodel(x)\n", [HALF, FULL]),
        ("def f(x):\n    return model(x)\ntorch.autocast('cuda')(f)(x)\n", [HALF]),
        ("def f(x):\n    model(x)\n    model(x).sum().backward()\n", [None, None]),
        ("with torch.autocast('cuda', **options):\n    model(x)\n", [LOWER, FULL]),
        (
            """
@contextlib.contextmanager
def mixed():
    with torch.autocast('cuda'):
        yield
with mixed():
    model(x)
""",
            [HALF],
        ),
        (
            """
class Net(nn.Module):
    @torch.autocast('cuda')
    def forward(self, x):
        return x
net = Net()
net(x)
model(x)
""",
            [HALF, FULL],
        ),
        ("with torch.autocast('cuda', enabled=amp):\n    model(x)\n", [HALF, FULL]),
        ("ctx = nullcontext() if cpu else torch.autocast('cuda')\nwith ctx:\n    model(x)\n", [HALF, FULL]),
        ("ctx = torch.autocast('cuda') if gpu else torch.autocast('cpu')\nwith ctx:\n    model(x)\n", [LOWER]),
        ("ctx = nullcontext() if cpu else other\nwith ctx:\n    model(x)\n", [None]),
    ],
)
def test_it_holds_where_it_should(text: str, expected: list[Precision | None]) -> None:
    assert precisions(text) == expected


def ways(text: str) -> set[tuple[Precision | None, Precision | None]]:
    """Return the ways to the backward: what autocast made of the last forward, and makes of the backward."""
    found: set[tuple[Precision | None, Precision | None]] = set()

    def advance(state: Hashable, operation: Operation) -> Hashable:
        return operation.autocast if operation.kind is Kind.FORWARD else state

    def visit(operation: Operation, states: frozenset[Hashable]) -> None:
        if operation.kind is Kind.BACKWARD:
            found.update((state, operation.autocast) for state in states)  # type: ignore[misc]

    walk(program_of(PRELUDE + text).roots[0].tree, None, advance, visit)
    return found


def test_a_backward_outside_is_not_under_autocast() -> None:
    text = "with torch.autocast('cuda'):\n    loss = model(x).sum()\nloss.backward()\n"
    assert ways(text) == {(HALF, FULL)}


def test_one_switch_for_both() -> None:
    text = "with torch.autocast('cuda', enabled=amp):\n    loss = model(x).sum()\n    loss.backward()\n"
    assert ways(text) == {(HALF, HALF), (FULL, FULL)}


def test_a_call_knows_where_it_stands() -> None:
    text = "with torch.autocast('cuda', enabled=amp):\n    torch.sigmoid(x)\ntorch.sigmoid(x)\n"
    calls = program_of(PRELUDE + text).calls("torch.sigmoid")
    assert [call.autocast for call in calls] == [HALF, FULL]
