"""Which axis of a tensor a size was taken from."""

import pytest

from tests.program.reading import program_of
from trainlint.program.axes import axis_of, sizes_of
from trainlint.program.outputs import operand

PRELUDE = (
    "import torch\nfrom torch import nn\nimport torch.nn.functional as F\nx = torch.randn(2, 3, 4)\nb, t, c = x.shape\n"
)


def axes(text: str) -> list[int | None]:
    """Return, for each size that `view` is given, the axis of the viewed tensor that it is the length of."""
    (call,) = program_of(PRELUDE + text).calls(".view")
    viewed = operand(call)
    assert viewed is not None
    return [axis_of(viewed, size) for size in sizes_of(call)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x.view(b, t, c)", [0, 1, 2]),
        ("x.view((t, b, c))", [1, 0, 2]),
        ("x.view(x.size(2), -1)", [2, None]),
        ("x.view(x.shape[1], b * c)", [1, None]),
        ("y = F.relu(x).contiguous()\ny.view(c, b, t)", [2, 0, 1]),
        ("y = nn.Linear(4, 8)(x)\ny.view(b, t, -1)", [0, 1, None]),
        ("q, k = x.split(2, dim=2)\nq.view(b, t, c)", [0, 1, None]),
        ("y = x.transpose(0, 1)\ny.view(b, t, c)", [None, None, None]),
        ("y = torch.randn(4, 3, 2)\ny.view(b, t, c)", [None, None, None]),
        ("x.view(*sizes)", []),
    ],
)
def test_the_axes_of_sizes(text: str, expected: list[int | None]) -> None:
    assert axes(text) == expected
