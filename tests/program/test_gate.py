"""Which files are read: what cannot matter is not parsed by libcst."""

from __future__ import annotations

import libcst
import pytest

from trainlint.engine import check_sources, read_facts
from trainlint.registry import all_rules
from trainlint.source.read import Source

RULES = all_rules()
WRONG = Source("wrong.py", all_rules()[0].bad.encode())


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The sources that libcst parses from now on."""
    seen: list[bytes] = []
    parse = libcst.parse_module

    def noting(data: bytes) -> libcst.Module:
        seen.append(data)
        return parse(data)

    monkeypatch.setattr(libcst, "parse_module", noting)
    return seen


def test_a_file_that_says_nothing_of_training_is_not(parsed: list[bytes]) -> None:
    files, findings = read_facts([Source("a.py", b"import json\n\n\ndef f(x):\n    return x\n")])
    assert (files, findings, parsed) == ([], [], [])


@pytest.mark.parametrize(
    "text",
    ["import torch", "from lightning import Trainer", "loss.backward()", "model.eval()", "x = DataLoader(y)"],
)
def test_one_that_mentions_it_is(parsed: list[bytes], text: str) -> None:
    read_facts([Source("a.py", text.encode())])
    assert parsed == [text.encode()]


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
def test_one_that_such_a_file_imports_is(parsed: list[bytes], name: str, importing: str) -> None:
    config = Source(name, b"size = 4\n")
    main = Source("main.py", f"import torch\n{importing}\n".encode())
    files, _ = read_facts([config, main])
    assert {file.name for file in files} == {name, "main.py"}


def test_one_that_only_such_a_file_could_import_but_does_not_is_not(parsed: list[bytes]) -> None:
    main = Source("main.py", b"import torch\nimport json\n")
    read_facts([Source("config.py", b"size = 4\n"), main])
    assert parsed == [main.data]


def test_positions_are_computed_only_where_something_is_found(parsed: list[bytes]) -> None:
    right = Source("right.py", b"import torch\nmodel = torch.nn.Linear(1, 1)\n")
    check_sources([WRONG, right], RULES)
    assert sorted(parsed) == sorted([WRONG.data, WRONG.data, right.data])
