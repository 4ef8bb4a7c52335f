"""Whether a variable is read again behind a call."""

import textwrap

import pytest

from tests.program.reading import program_of


def is_read_later(text: str) -> bool:
    """Tell whether the variable that `mark` is given may be read behind that call."""
    program = program_of("import torch\nfrom elsewhere import mark, use, some\n" + textwrap.dedent(text))
    call = next(iter(program.calls("elsewhere.mark")))
    return program.is_read_later(call, call.node.arguments[0].value)


@pytest.mark.parametrize(
    "text",
    [
        "mark(x)\nuse(x)",
        "if some:\n    mark(x)\nuse(x)",
        "while some():\n    use(x)\n    mark(x)",
        "def later():\n    return x\nmark(x)\nlater()",
        "def run(x):\n    mark(x)\n    return x\nrun(1)",
        "mark(x)\nx += 1",
        "mark(x.y)",
    ],
)
def test_it_is_read_again(text: str) -> None:
    assert is_read_later(text)


@pytest.mark.parametrize(
    "text",
    [
        "use(x)\nmark(x)",
        "mark(x)\nx = 1",
        "for x in some():\n    use(x)\n    mark(x)",
        "while some():\n    x = some()\n    mark(x)",
        "if some:\n    mark(x)\nelse:\n    use(x)",
        "def run(x):\n    mark(x)\nx = 1\nrun(2)\nuse(x)",
    ],
)
def test_it_is_not_read_again(text: str) -> None:
    assert not is_read_later(text)
