"""Finding the rules."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import write_files
from trainlint import registry
from trainlint.registry import all_rules, find_rule, load_pack

RULE = """
from trainlint.finding import Severity
from trainlint.rule import Rule

class {name}(Rule):
    code, name, severity = "{code}", "{name}", Severity.INFO
"""


@pytest.fixture
def pack(tmp_path: Path) -> Iterator[Path]:
    """A folder for the files of a pack called `scratch_pack`, which is forgotten again."""
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "scratch_pack"]:
        del sys.modules[name]


class TestLoadPack:
    def test_its_modules_are_those_of_the_folder(self, pack: Path) -> None:
        write_files(pack, {"topic/one.py": "VALUE = 1\n"})
        load_pack("scratch_pack", (pack,))
        assert importlib.import_module("scratch_pack.topic.one").VALUE == 1

    def test_the_first_folder_that_exists_counts(self, pack: Path) -> None:
        write_files(pack, {"a/x.py": "", "b/x.py": ""})
        found = load_pack("scratch_pack", (pack / "missing", pack / "b", pack / "a"))
        assert list(found.__path__) == [str(pack / "b")]

    def test_it_is_loaded_once(self, pack: Path) -> None:
        assert load_pack("scratch_pack", (pack,)) is load_pack("scratch_pack", ())

    def test_no_folder_is_an_error_that_names_where_it_looked(self, pack: Path) -> None:
        with pytest.raises(ModuleNotFoundError, match=r"first or .*second") as error:
            load_pack("scratch_pack", (pack / "first", pack / "second"))
        assert error.value.name == "scratch_pack"
        assert "scratch_pack" not in sys.modules


class TestAllRules:
    def test_they_come_by_code_and_each_once(self) -> None:
        codes = [rule.code for rule in all_rules()]
        assert codes == sorted(set(codes))
        assert len({rule.name for rule in all_rules()}) == len(codes)

    def test_they_live_in_the_pack_that_ships_with_the_package(self) -> None:
        assert {type(rule).__module__.rpartition(".")[0].rpartition(".")[0] for rule in all_rules()} == {registry.PACK}

    def test_every_rule_file_gives_one(self) -> None:
        folder = Path(sys.modules[registry.PACK].__path__[0])
        files = {file.stem for file in folder.glob("*/[!_]*.py")}
        assert {type(rule).__module__.rpartition(".")[2] for rule in all_rules()} == files

    @pytest.fixture
    def all_of(self, pack: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """The folder that all rules are found in, in place of the real one."""
        monkeypatch.setattr(registry, "PACK", "scratch_pack")
        monkeypatch.setattr(registry, "load_pack", lambda name, folders: load_pack(name, (pack,)))
        return pack

    def test_a_new_file_is_a_new_rule(self, all_of: Path) -> None:
        write_files(
            all_of,
            {"b/two.py": RULE.format(name="Two", code="TL002"), "a/one.py": RULE.format(name="One", code="TL009")},
        )
        write_files(all_of, {"a/_hidden.py": "raise ImportError", "a/notes.md": ""})
        assert [rule.name for rule in all_rules.__wrapped__()] == ["Two", "One"]

    def test_a_base_class_that_is_imported_is_not_one(self, all_of: Path) -> None:
        write_files(all_of, {"a/one.py": RULE.format(name="One", code="TL001")})
        write_files(
            all_of, {"a/two.py": "from scratch_pack.a.one import One\n\n" + RULE.format(name="Two", code="TL002")}
        )
        assert [rule.code for rule in all_rules.__wrapped__()] == ["TL001", "TL002"]

    def test_a_code_that_is_taken_is_an_error_that_names_both(self, all_of: Path) -> None:
        write_files(all_of, {name + "/x.py": RULE.format(name=name, code="TL001") for name in ("One", "Two")})
        with pytest.raises(ValueError, match="TL001 stands for One and Two"):
            all_rules.__wrapped__()


class TestFindRule:
    def test_by_code_and_by_name(self) -> None:
        for rule in all_rules():
            assert find_rule(rule.code) is find_rule(rule.name) is rule

    @pytest.mark.parametrize("asked", ["", "TL", "tl301", "TL000", "clip"])
    def test_nothing_like_it_is_none(self, asked: str) -> None:
        assert find_rule(asked) is None
