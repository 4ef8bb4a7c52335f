"""The mode of modules of the program, of their parts, and of what wraps them."""

from __future__ import annotations

import pytest

from tests.program.reading import modes, modes_of, program_of

TRAIN, EVAL, EITHER, UNSURE = {True}, {False}, {True, False}, {None}


MODULE = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(4, 4)
        self.norm = nn.BatchNorm1d(4)
    def forward(self, x):
        return self.norm(self.body(x))
    def predict(self, x):
        self.eval()
        return self(x)
net = Net()
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("net.eval()\nnet(x)", [EVAL], id="as a whole"),
        pytest.param("net.norm.eval()\nnet(x)", [UNSURE], id="a part of it"),
        pytest.param("net.eval()\nnet.norm.train()\nnet(x)", [UNSURE], id="all but a part of it"),
        pytest.param("for m in net.modules():\n    m.eval()\nnet(x)", [UNSURE], id="its modules one by one"),
        pytest.param("net.predict(x)\nnet(x)", [EVAL, EVAL], id="a method of its own"),
        pytest.param(
            "net.forward(x)",
            [TRAIN],
            id="forward by name",
        ),
        pytest.param("outer = nn.Sequential(net, nn.ReLU())\nouter.eval()\nnet(x)", [EVAL], id="a module around it"),
        pytest.param("nn.ModuleList([net]).eval()\nnet(x)", [EVAL], id="a list around it"),
        pytest.param("nn.ModuleDict({'n': net}).eval()\nnet(x)", [EVAL], id="a dict around it"),
        pytest.param("other = Net()\nother.eval()\nnet(x)", [TRAIN], id="another instance"),
        pytest.param("net.eval()\nnet.to(device)(x)", [EVAL], id="moved"),
        pytest.param("c = copy.deepcopy(net)\nc.eval()\nnet(x)\nc(x)", [TRAIN, EVAL], id="a copy"),
        pytest.param(
            "net.eval()\nc = copy.deepcopy(net)\nc(x)", [UNSURE], id="a copy keeps the mode, whichever it was"
        ),
        pytest.param(
            "class Frozen(Net):\n    def train(self, mode=True):\n"
            "        super().train(mode)\n        self.norm.eval()\n"
            "        return self\nn = Frozen()\nn.train()\nn(x)",
            [UNSURE],
            id="train is overridden",
        ),
        pytest.param(
            "class Ready(Net):\n    def __init__(self):\n        super().__init__()\n        self.eval()\nReady()(x)",
            [EVAL],
            id="in its own __init__",
        ),
    ],
)
def test_modules_of_the_program(text: str, expected: list[set[bool | None]]) -> None:
    assert modes_of(MODULE + text) == expected


@pytest.mark.parametrize(
    "wrap",
    [
        "nn.DataParallel(model)",
        "nn.parallel.DistributedDataParallel(model, device_ids=[0])",
        "torch.nn.parallel.DistributedDataParallel(module=model)",
        "torch.compile(model)",
        "torch.compile(nn.DataParallel(model))",
        "torch.jit.script(model)",
        "nn.SyncBatchNorm.convert_sync_batchnorm(model)",
    ],
)
class TestWrappers:
    def test_the_mode_of_the_wrapper_is_that_of_the_model(self, wrap: str) -> None:
        assert modes_of(f"wrapped = {wrap}\nwrapped.eval()\nmodel(x)\nmodel.train()\nwrapped(x)") == [EVAL, TRAIN]

    def test_so_it_is_for_the_module_inside(self, wrap: str) -> None:
        assert modes_of(f"wrapped = {wrap}\nwrapped.module.eval()\nmodel(x)\nwrapped(x)") == [EVAL, EVAL]


@pytest.mark.parametrize("made", ["AutoModel.from_pretrained('b')", "BertModel.from_pretrained('b')"])
def test_a_pretrained_transformer_comes_in_eval_mode(made: str) -> None:
    name = made.partition(".")[0]
    assert modes(program_of(f"import torch\nfrom transformers import {name}\nm = {made}\nm(x)")) == [EVAL]
