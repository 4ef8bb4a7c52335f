"""Find the rules: every class derived from `Rule` in a pack of rule files."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from functools import cache
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from trainlint.rule import Rule

PACK = "trainlint.rules"


def load_pack(name: str, folders: tuple[Path, ...]) -> ModuleType:
    """Return the package `name` whose modules lie in the first of `folders` that exists.

    Installed, the rules lie in `trainlint/rules`; in a checkout and in an editable install, in `rules` at its top.

    Raises:
        ModuleNotFoundError: none of the folders exists.
    """
    if name in sys.modules:
        return sys.modules[name]
    folder = next((folder for folder in folders if folder.is_dir()), None)
    if folder is None:
        raise ModuleNotFoundError(f"no rules in {' or '.join(map(str, folders))}", name=name)
    spec = ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    pack = importlib.util.module_from_spec(spec)
    sys.modules[name] = pack
    return pack


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return one instance of each rule, sorted by code."""
    package = Path(__file__).parent
    pack = load_pack(PACK, (package / "rules", package.parent / "rules"))
    found: dict[str, Rule] = {}
    for file in sorted(Path(pack.__path__[0]).glob("*/[!_]*.py")):
        module = importlib.import_module(f"{PACK}.{file.parent.name}.{file.stem}")
        for _, member in inspect.getmembers(module, inspect.isclass):
            if issubclass(member, Rule) and member.__module__ == module.__name__:
                if member.code in found:
                    raise ValueError(f"{member.code} stands for {found[member.code].name} and {member.name}")
                found[member.code] = member()
    return tuple(found[code] for code in sorted(found))


def find_rule(code_or_name: str) -> Rule | None:
    """Return the rule of that code or name."""
    return next((rule for rule in all_rules() if code_or_name in (rule.code, rule.name)), None)
