"""What a name from another file means."""

from __future__ import annotations

import itertools

import pytest

from tests.program.reading import calls, modes, program_of
from trainlint.operations import Kind

NET = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(self.layer(x))
"""


def main(imports: str, make: str = "Net()") -> tuple[str, str]:
    """Return a script that evaluates a model in eval mode."""
    return "main.py", f"import torch\n{imports}\nmodel = {make}\nmodel.eval()\nmodel(x)\n"


@pytest.mark.parametrize(
    ("files", "script"),
    [
        pytest.param({"net.py": NET}, main("from net import Net"), id="a name of a file"),
        pytest.param({"net.py": NET}, main("from net import Net as N", "N()"), id="under another name"),
        pytest.param({"net.py": NET}, main("import net", "net.Net()"), id="a file"),
        pytest.param({"net.py": NET}, main("import net as n", "n.Net()"), id="a file under another name"),
        pytest.param({"net.py": NET}, main("from net import *"), id="all names of a file"),
        pytest.param(
            {"pkg/__init__.py": "", "pkg/net.py": NET},
            main("import pkg.net", "pkg.net.Net()"),
            id="a file of a package",
        ),
        pytest.param({"pkg/net.py": NET}, main("from pkg.net import Net"), id="a package without an init file"),
        pytest.param(
            {"pkg/__init__.py": "", "pkg/net.py": NET},
            main("from pkg import net", "net.Net()"),
            id="a file from a package",
        ),
        pytest.param(
            {"pkg/__init__.py": "from .net import Net", "pkg/net.py": NET}, main("from pkg import Net"), id="handed on"
        ),
        pytest.param(
            {"pkg/__init__.py": "from . import net", "pkg/net.py": NET},
            main("import pkg", "pkg.net.Net()"),
            id="a file handed on",
        ),
        pytest.param(
            {"pkg/__init__.py": "from .net import *", "pkg/net.py": NET}, main("from pkg import *"), id="all handed on"
        ),
        pytest.param(
            {
                "pkg/__init__.py": "from .sub import Net",
                "pkg/sub/__init__.py": "from .net import Net",
                "pkg/sub/net.py": NET,
            },
            main("import pkg", "pkg.Net()"),
            id="handed on twice",
        ),
        pytest.param(
            {"net.py": NET},
            (
                "main.py",
                "import torch\ndef main():\n    from net import Net\n    m = Net()\n    m.eval()\n    m(x)\nmain()\n",
            ),
            id="inside a function",
        ),
        pytest.param(
            {"pkg/net.py": NET},
            ("pkg/sub/main.py", "import torch\nfrom ..net import Net\nmodel = Net()\nmodel.eval()\nmodel(x)\n"),
            id="from the folder above",
        ),
    ],
)
def test_it_is_what_the_other_file_says(files: dict[str, str], script: tuple[str, str]) -> None:
    program = program_of(script, *files.items())
    assert modes(program) == [{False}]
    assert [(first.kind, second.kind) for first, second in program.feeds] == [("Linear", "Dropout")]


def test_the_order_in_which_files_are_given_does_not_matter() -> None:
    files = [main("from pkg import Net"), ("pkg/__init__.py", "from .net import Net"), ("pkg/net.py", NET)]
    for order in itertools.permutations(files):
        assert modes(program_of(*order)) == [{False}]


def test_a_name_with_an_underscore_is_not_among_all_names() -> None:
    helpers = "import torch\ndef fit(m):\n    m.eval()\ndef _fit(m):\n    m.eval()\n"
    program = program_of(
        ("helpers.py", helpers),
        "import torch\nfrom helpers import *\n"
        "model = torch.nn.Linear(1, 1)\nfit(model)\nmodel(x)\n_fit(model)\nmodel(x)\n",
    )
    assert modes(program) == [{False}, {None}]


def test_a_function_of_another_file_is_followed() -> None:
    program = program_of(
        ("helpers.py", "import torch\ndef prepare(m):\n    m.eval()\n    return m\n"),
        "import torch\nimport helpers\nmodel = helpers.prepare(torch.nn.Linear(1, 1))\nmodel(x)\n",
    )
    assert calls(program, Kind.EVAL) == ["m.eval"]
    assert modes(program) == [{False}]


def test_an_object_of_another_file_is_one_object() -> None:
    program = program_of(
        ("shared.py", "import torch\nmodel = torch.nn.Linear(1, 1)\n"),
        "import torch\nimport shared\nfrom shared import model\nshared.model.eval()\nmodel(x)\n",
    )
    assert modes(program) == [{False}]


def test_files_that_import_each_other() -> None:
    program = program_of(
        ("a.py", "import torch\nfrom b import apply\nmodel = torch.nn.Linear(1, 1)\nmodel.eval()\napply(model)\n"),
        ("b.py", "import torch\nimport a\n\ndef apply(m):\n    m(x)\n"),
    )
    assert modes(program) == [{False}]


def test_a_file_that_imports_itself() -> None:
    program = program_of("import torch\nimport main\nmodel = torch.nn.Linear(1, 1)\nmodel.eval()\nmodel(x)\n")
    assert modes(program) == [{False}]


def test_a_file_does_not_stand_for_the_library_whose_name_it_has() -> None:
    program = program_of(
        ("torch.py", "import torch\n\nclass nn:\n    Linear = None\n"),
        ("utils/data.py", "import torch\ndef DataLoader(m):\n    m.eval()\n"),
        "import torch\nfrom torch.utils.data import DataLoader\nfrom torch.nn import Linear\n"
        "model = Linear(1, 1)\nloader = DataLoader(data)\nmodel(x)\n",
    )
    assert modes(program) == [{True}]


def test_a_file_that_is_not_there_is_a_library_of_which_nothing_is_known() -> None:
    program = program_of("import torch\nimport other\nmodel = torch.nn.Linear(1, 1)\nother.prepare(model)\nmodel(x)\n")
    assert calls(program, Kind.UNKNOWN) == ["other.prepare"]
    assert modes(program) == [{None}]


def test_an_import_that_may_fail_does_not_hide_that_the_model_is_put_in_eval_mode() -> None:
    program = program_of(
        ("net.py", NET),
        "import torch\ntry:\n    from net import Net\nexcept ImportError:\n    from other import Net\n"
        "model = Net()\nmodel.eval()\nmodel(x)\n",
    )
    assert all(False in found for found in modes(program))


def test_of_two_files_of_one_name_each_importer_gets_its_own() -> None:
    script = "import torch\nfrom net import make\nmodel = make()\nmodel(x)\n"
    made = "import torch\ndef make():\n    return torch.nn.Linear(1, 1).{}()\n"
    program = program_of(
        ("a/main.py", script),
        ("a/net.py", made.format("eval")),
        ("b/main.py", script),
        ("b/net.py", made.format("train")),
    )
    assert modes(program) == [{False}, {True}]


def test_a_script_is_run_and_a_function_that_something_calls_is_not_run_again() -> None:
    program = program_of(
        ("train.py", "import torch\ndef train(model, x):\n    model.train()\n    model(x).sum().backward()\n"),
        "import torch\nfrom train import train\ntrain(torch.nn.Linear(1, 1), x)\n",
    )
    assert [(root.file.facts.name, root.name) for root in program.roots] == [("main.py", "")]


def test_a_function_that_nothing_calls_is_run_alone() -> None:
    program = program_of(("train.py", "import torch\ndef train(model, x):\n    model(x).sum().backward()\n"))
    assert [(root.file.facts.name, root.name) for root in program.roots] == [("train.py", "train")]
    assert modes(program) == [{None}]
