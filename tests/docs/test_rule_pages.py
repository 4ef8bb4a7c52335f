"""The pages in docs/ are those of the rules that there are."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent.parent / "docs" / "rule_pages.py"


def test_the_pages_are_those_of_the_rules() -> None:
    if not SCRIPT.exists():
        pytest.skip("the source distribution has no docs")
    spec = importlib.util.spec_from_file_location("rule_pages", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    rule_pages = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(rule_pages)
    written = {file.name: file.read_text(encoding="utf-8") for file in rule_pages.FOLDER.glob("*.md")}
    assert written == rule_pages.pages(), "run `python docs/rule_pages.py`"
