"""Whether autograd records, at each forward."""

from __future__ import annotations

import pytest

from tests.program.reading import gradients, program_of

PRELUDE = """
import contextlib
import torch
from torch import nn
model = nn.Linear(1, 1)
"""


def recorded(text: str) -> list[bool | None]:
    return gradients(program_of(PRELUDE + text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("model(x)", [True], id="a script records"),
        pytest.param("with torch.no_grad():\n    model(x)\nmodel(x)", [False, True], id="no_grad"),
        pytest.param("with torch.inference_mode():\n    model(x)", [False], id="inference_mode"),
        pytest.param("with torch.autograd.no_grad():\n    model(x)", [False], id="by its other name"),
        pytest.param("from torch import no_grad\nwith no_grad():\n    model(x)", [False], id="imported"),
        pytest.param("with torch.no_grad(), a:\n    model(x)", [False], id="one of several contexts"),
        pytest.param("with torch.autocast('cuda'):\n    model(x)", [True], id="autocast is no such context"),
        pytest.param("with a, torch.no_grad():\n    model(x)", [False], id="the second of several"),
        pytest.param(
            "with torch.no_grad():\n    with torch.enable_grad():\n        model(x)\n    model(x)",
            [True, False],
            id="nested",
        ),
        pytest.param(
            "with torch.set_grad_enabled(False):\n    model(x)\nmodel(x)", [False, True], id="set_grad_enabled"
        ),
        pytest.param("with torch.set_grad_enabled(mode=True):\n    model(x)", [True], id="by keyword"),
        pytest.param("with torch.set_grad_enabled(a):\n    model(x)\nmodel(x)", [None, True], id="with something"),
        pytest.param("torch.set_grad_enabled(False)\nmodel(x)", [False], id="from here on"),
        pytest.param("torch.set_grad_enabled(False)\ntorch.set_grad_enabled(True)\nmodel(x)", [True], id="and back"),
        pytest.param("if a:\n    torch.set_grad_enabled(False)\nmodel(x)", [None], id="from here on, perhaps"),
        pytest.param("guard = torch.no_grad()\nwith guard:\n    model(x)", [False], id="a context with a name"),
        pytest.param(
            "with torch.no_grad() if a else contextlib.nullcontext():\n    model(x)", [None], id="one of two contexts"
        ),
        pytest.param("with unknown():\n    model(x)\nmodel(x)", [None, True], id="an unknown context"),
        pytest.param(
            "with torch.no_grad():\n    def f(): return model(x)\nf()", [True], id="a function defined inside"
        ),
        pytest.param(
            "def f(): return model(x)\nwith torch.no_grad():\n    f()\nf()", [False, True], id="called inside"
        ),
        pytest.param("@torch.no_grad()\ndef f(): return model(x)\nf()\nmodel(x)", [False, True], id="a decorator"),
        pytest.param("@torch.no_grad\ndef f(): return model(x)\nf()", [False], id="a decorator that is not called"),
        pytest.param("@torch.inference_mode()\ndef f(): return model(x)\nf()", [False], id="inference_mode decorates"),
        pytest.param(
            "@torch.enable_grad()\ndef f(): return model(x)\nwith torch.no_grad():\n    f()", [True], id="records"
        ),
        pytest.param("def f(): return model(x)\nf = torch.no_grad()(f)\nf()", [False], id="decorated by hand"),
        pytest.param(
            "class T:\n    @torch.no_grad()\n"
            "    def f(self): return model(x)\n    def g(self): return self.f()\nT().g()",
            [False],
            id="a method",
        ),
        pytest.param(
            "class T:\n    @staticmethod\n    @torch.no_grad()\n    def f(): return model(x)\nT().f()",
            [False],
            id="a static method",
        ),
        pytest.param(
            "@contextlib.contextmanager\ndef off():\n    with torch.no_grad():\n"
            "        yield\nwith off():\n    model(x)\nmodel(x)",
            [False, True],
            id="a context manager of the program",
        ),
        pytest.param(
            "for x in a:\n    with torch.no_grad():\n        y = [model(z) for z in x]", [False], id="a comprehension"
        ),
        pytest.param(
            "for phase in ['train', 'val']:\n    with torch.set_grad_enabled(phase == 'train'):\n        model(x)",
            [True, False],
            id="phases",
        ),
    ],
)
def test_it_is_known_where_the_source_says(text: str, expected: list[bool | None]) -> None:
    assert recorded(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("def f(model, x):\n    model(x).backward()", [None], id="a function that nothing calls"),
        pytest.param(
            "@torch.no_grad()\ndef f(model, x):\n    model(next(iter(DataLoader(x))))",
            [False],
            id="but it is decorated",
        ),
        pytest.param(
            "def f(model, x):\n    model.eval()\n    with torch.no_grad():\n        model(x)", [False], id="or says so"
        ),
        pytest.param("@other\ndef f(model, x):\n    model(x).backward()", [None], id="a decorator that is not known"),
    ],
)
def test_a_function_that_nothing_calls_may_be_called_anywhere(text: str, expected: list[bool | None]) -> None:
    assert gradients(program_of(f"import torch\n{text}\n")) == expected


def test_a_framework_that_runs_the_loop_decides_itself() -> None:
    text = """
import torch
import pytorch_lightning as pl
class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)
    def training_step(self, batch, i):
        return self.layer(batch).sum()
    def validation_step(self, batch, i):
        self.layer.eval()
        return self.layer(batch)
"""
    assert program_of(text).roots == []
