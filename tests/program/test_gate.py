"""Which files are lowered: what cannot matter is only parsed."""

from __future__ import annotations

import pytest

from trainlint.engine import read_facts
from trainlint.program.gate import imports_any
from trainlint.source.read import Source


def test_a_file_that_says_nothing_of_training_is_not() -> None:
    files, findings = read_facts([Source("a.py", b"import json\n\n\ndef f(x):\n    return x\n")])
    assert (files, findings) == ([], [])


@pytest.mark.parametrize(
    "text",
    ["import torch", "from lightning import Trainer", "loss.backward()", "model.eval()", "x = DataLoader(y)"],
)
def test_one_that_mentions_it_is(text: str) -> None:
    files, _ = read_facts([Source("a.py", text.encode())])
    assert [file.name for file in files] == ["a.py"]


@pytest.mark.parametrize(
    ("name", "importing"),
    [
        ("config.py", "import config"),
        ("config.py", "from config import size"),
        ("pkg/config.py", "from pkg import config"),
        ("pkg/config.py", "from .pkg.config import size"),
        ("pkg/__init__.py", "import pkg"),
        ("config.py", "def f():\n    from config import size"),
        ("config.py", "try:\n    import config\nexcept ImportError:\n    pass"),
    ],
)
def test_one_that_such_a_file_imports_is(name: str, importing: str) -> None:
    config = Source(name, b"size = 4\n")
    main = Source("main.py", f"import torch\n{importing}\n".encode())
    files, _ = read_facts([config, main])
    assert {file.name for file in files} == {name, "main.py"}


def test_one_that_only_such_a_file_could_import_but_does_not_is_not() -> None:
    main = Source("main.py", b"import torch\nimport json\n")
    files, _ = read_facts([Source("config.py", b"size = 4\n"), main])
    assert [file.name for file in files] == ["main.py"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from trainer import Trainer", True),
        ("import pkg.trainer as t", True),
        ("from pkg import config, trainer", True),
        ("    from .trainer import fit", True),
        ("import trainers", False),
        ("print('import trainer')", False),
        ("trainer = 1", False),
    ],
)
def test_an_import_of_a_module_that_matters(text: str, expected: bool) -> None:
    assert imports_any(f"import os\n{text}\n".encode(), {"trainer"}) is expected
