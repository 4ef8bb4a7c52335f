"""What a tensor went through last."""

import textwrap

import pytest

from tests.program.reading import program_of

PRELUDE = """
import torch
import torchvision
from torch import nn
import torch.nn.functional as F
from elsewhere import mark
"""


def kinds(text: str) -> set[str]:
    """Return what the argument of `mark` went through, in all ways; the empty set where one is not known."""
    program = program_of(PRELUDE + textwrap.dedent(text))
    (call,) = program.calls("elsewhere.mark")
    return {way.kind.value for way in program.passed(call.arguments.get(0, "input"))}


def net(forward: str, init: str = "self.fc = nn.Linear(4, 4)", use: str = "mark(model(x))") -> str:
    """Return the source of a model with these lines in `__init__` and `forward`, and of what is done with it."""
    return (
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        + textwrap.indent(init, " " * 8)
        + "\n    def forward(self, x):\n"
        + textwrap.indent(forward, " " * 8)
        + f"\nmodel = Net()\n{use}\n"
    )


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("F.softmax(x, dim=1)", "softmax"),
        ("nn.Softmax(dim=1)(x)", "softmax"),
        ("torch.sigmoid(nn.Linear(4, 1)(x))", "sigmoid"),
        ("nn.Linear(4, 1)(x).sigmoid().squeeze(1)", "sigmoid"),
        ("nn.Linear(4, 1)(x).view(-1).float()", "linear"),
        ("torch.log(torch.softmax(x, 1))", "log-softmax"),
        ("torch.softmax(x, 1).clamp(min=1e-6).log()", "log-softmax"),
        ("torch.cat([torch.sigmoid(x), torch.sigmoid(unknown)])", "sigmoid"),
        ("nn.Sequential(nn.Linear(4, 4), nn.LogSoftmax(dim=1))(x)", "log-softmax"),
        ("nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.1), nn.Flatten())(x)", "linear"),
        ("nn.Sequential(*[nn.Linear(4, 4) for _ in range(unknown)], nn.Tanh())(x)", "tanh"),
        ("nn.DataParallel(nn.Sequential(nn.Conv2d(3, 1, 1))).cuda()(x)", "linear"),
        ("F.interpolate(nn.Conv2d(3, 1, 1)(x), scale_factor=2)[:, 0]", "linear"),
        ("torchvision.models.resnet18(num_classes=2)(x)", "linear"),
    ],
)
def test_what_is_known_of_an_expression(expression: str, kind: str) -> None:
    assert kinds(f"mark({expression})") == {kind}


@pytest.mark.parametrize(
    "expression",
    [
        "x",
        "unknown(x)",
        "F.softmax(x, dim=1) * 2",
        "torch.log(torch.softmax(x, 1) + 1e-6)",
        "torch.clamp(nn.Linear(4, 1)(x), 0, 1)",
        "torch.cat([torch.sigmoid(x), x])",
        "nn.Sequential(nn.Linear(4, 4), unknown)(x)",
        "nn.Sequential(nn.Linear(4, 4), *unknown)(x)",
        "nn.LayerNorm(4)(x)",
        "torchvision.models.segmentation.fcn_resnet50()(x)",
        "F.softmax(x, 1) if flag else x",
    ],
)
def test_what_is_not_known(expression: str) -> None:
    assert kinds(f"mark({expression})") == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(net("return F.softmax(self.fc(x), dim=1)"), {"softmax"}, id="a forward"),
        pytest.param(net("return self.fc(x), F.relu(x)", use="out, _ = model(x)\nmark(out)"), {"linear"}, id="a tuple"),
        pytest.param(net("return self.fc(x), F.relu(x)", use="mark(model(x)[1])"), set(), id="the other item"),
        pytest.param(net("return {'out': torch.sigmoid(x)}", use="mark(model(x)['out'])"), {"sigmoid"}, id="a dict"),
        pytest.param(
            net("h = self.fc(x)\nreturn {'a': {'b': h}}", use="d = model(x)['a']\nmark(d['b'])"),
            {"linear"},
            id="nested",
        ),
        pytest.param(
            net("h = self.fc(x)\nif self.training:\n    return h\nreturn F.softmax(h, 1)"),
            {"linear", "softmax"},
            id="by mode",
        ),
        pytest.param(
            net(
                "out = {'a': self.fc(x)}\nif flag:\n    out['a'] = F.softmax(x, 1)\nreturn out",
                use="mark(model(x)['a'])",
            ),
            {"linear", "softmax"},
            id="perhaps",
        ),
        pytest.param(net("return self.fc(x)", use="class B(Net):\n    pass\nmark(B()(x))"), {"linear"}, id="inherited"),
        pytest.param(
            net(
                "return self.act(self.fc(x))",
                "self.fc = nn.Linear(4, 4)\nself.act = nn.Sigmoid() if flag else nn.Tanh()",
            ),
            {"sigmoid", "tanh"},
            id="one of two",
        ),
        pytest.param(
            net(
                "return self.body(x)",
                "ls = []\nfor i in range(3):\n    ls.append(nn.Linear(4, 4))\nls.append(nn.Sigmoid())\n"
                "self.body = nn.Sequential(*ls)",
            ),
            {"sigmoid"},
            id="the last of a list",
        ),
        pytest.param(
            net(
                "return self.body(x)",
                "ls = [nn.Linear(4, 4)]\nif flag:\n    ls.append(nn.Sigmoid())\nself.body = nn.Sequential(*ls)",
            ),
            set(),
            id="perhaps not the last of a list",
        ),
        pytest.param(
            net(
                "return self.body(x)",
                "self.body = nn.Sequential()\nself.body.add_module('a', nn.Linear(4, 4))\n"
                "self.body.add_module('b', nn.Sigmoid())",
            ),
            {"sigmoid"},
            id="grown",
        ),
        pytest.param(
            net(
                "return self.body(x)",
                "self.body = nn.Sequential()\nself.body.add_module('a', nn.Linear(4, 4))\n"
                "if flag:\n    self.body.add_module('b', nn.Sigmoid())",
            ),
            set(),
            id="perhaps grown",
        ),
        pytest.param(
            "class Head(nn.Sequential):\n    def __init__(self):\n"
            "        super().__init__(nn.Linear(4, 4), nn.Sigmoid())\nmark(Head()(x))",
            {"sigmoid"},
            id="a subclass of Sequential",
        ),
        pytest.param(
            "class Head(nn.Sequential):\n    def __init__(self):\n        super().__init__()\n"
            "        self.add_module('fc', nn.Linear(4, 4))\n        self.add_module('act', nn.Tanh())\n"
            "mark(Head()(x))",
            {"tanh"},
            id="a subclass of Sequential that grows",
        ),
        pytest.param(
            "class Head(nn.Sequential):\n    def __init__(self):\n        super().__init__()\n"
            "        self.fc = nn.Linear(4, 4)\nmark(Head()(torch.sigmoid(x)))",
            set(),
            id="a subclass of Sequential whose layers are set by name",
        ),
        pytest.param(
            "model = torchvision.models.resnet18()\nmodel.fc = nn.Sequential(nn.Linear(4, 1), nn.Sigmoid())\n"
            "mark(model(x))",
            {"sigmoid"},
            id="a new head",
        ),
        pytest.param(
            "model = torchvision.models.vgg16()\nmodel.classifier[6] = unknown\nmark(model(x))",
            set(),
            id="a changed head",
        ),
        pytest.param(
            "def probabilities(model, x):\n    return torch.softmax(model(x), 1)\n"
            "mark(probabilities(nn.Linear(1, 1), x))",
            {"softmax"},
            id="a helper",
        ),
    ],
)
def test_what_is_known_of_a_forward(text: str, expected: set[str]) -> None:
    assert kinds(text) == expected


def test_a_loss_of_the_program_is_followed_where_it_is_called() -> None:
    program = program_of(
        PRELUDE + "class Loss(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.inner = nn.MSELoss()\n    def forward(self, out):\n"
        "        return mark(out) + self.inner(out, out)\n"
        "loss = Loss()\nloss(torch.sigmoid(x))\nloss(torch.tanh(x))\n"
    )
    found = [program.passed(call.arguments.get(0, "input")) for call in program.calls("elsewhere.mark")]
    assert [way.kind.value for ways in found for way in ways] == ["sigmoid", "tanh"]


@pytest.mark.parametrize(
    "change",
    [
        "y.fill_(0.1)",
        "y.scatter_(1, x, 0.9)",
        "y[:, 0] = 0",
        "y[:, 0].zero_()",
        "y.view(-1)[3] = 1.0",
        "y.data.uniform_()",
        "torch.nn.init.uniform_(y)",
        "F.relu(y, inplace=True)",
        "nn.ReLU(inplace=True)(y)",
        "torch.add(x, 1, out=y)",
    ],
)
def test_what_is_written_to_is_not_what_it_went_through(change: str) -> None:
    assert kinds(f"y = F.softmax(x, dim=1).clone()\nmark(y)\n{change}") == set()


@pytest.mark.parametrize("change", ["y.requires_grad_()", "y.squeeze_(1)", "y.fill(0.1)", "nn.ReLU()(y)", "z.fill_(1)"])
def test_what_leaves_the_numbers_as_they_are_changes_nothing(change: str) -> None:
    assert kinds(f"y = F.softmax(x, dim=1)\nz = y.clone()\n{change}\nmark(y)") == {"softmax"}
