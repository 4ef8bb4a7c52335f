"""Read `[tool.trainlint]` from the nearest `pyproject.toml`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainlint.errors import UsageError
from trainlint.selection import Label, Selectors, any_matches, suggest, verify
from trainlint.source.patterns import Patterns, compile_patterns

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE_NAME = "pyproject.toml"
TABLE = "[tool.trainlint]"
KEYS = ("select", "ignore", "per-file-ignores", "exclude")


@dataclass(frozen=True, slots=True)
class Config:
    """What a project asks for. Its patterns are those of ignore files, seen from the folder of the file.

    `select` is `None` where the project leaves the choice to trainlint; `folder` where there is no such file.
    """

    folder: Path | None = None
    select: Selectors | None = None
    ignore: Selectors = ()
    per_file_ignores: tuple[tuple[Patterns, Selectors], ...] = ()
    exclude: Patterns | None = None

    def ignores_in(self, path: str, code: str, name: str) -> bool:
        """Tell whether the project does not want to see a rule in the file of that absolute path."""
        return any(
            any_matches(selectors, code, name) and patterns.verdict(path) is True
            for patterns, selectors in self.per_file_ignores
        )


def find_config(start: Path, labels: Sequence[Label]) -> Config:
    """Return what holds at the absolute path `start`: the nearest file upward that speaks of trainlint.

    Raises:
        UsageError: a file cannot be read, or says something that trainlint does not know.
    """
    for folder in (start, *start.parents):
        file = folder / FILE_NAME
        if file.is_file() and (table := _read_table(file)) is not None:
            return _Reader(file, labels).config(table)
    return Config()


def read_config(file: Path, labels: Sequence[Label]) -> Config:
    """Return what `file` says.

    Raises:
        UsageError: it cannot be read, does not speak of trainlint, or says what trainlint does not know.
    """
    table = _read_table(file)
    if table is None:
        raise UsageError(f"{file} has no {TABLE}")
    return _Reader(file, labels).config(table)


def _read_table(file: Path) -> Any:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{file} is not valid TOML: {error}") from error
    tools = document.get("tool", {})
    return tools.get("trainlint") if isinstance(tools, dict) else None


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns the values of one file into what they mean, and names the file and the key where that fails."""

    file: Path
    labels: Sequence[Label]

    def config(self, table: Any) -> Config:
        values = self.table(table, TABLE)
        for key in values:
            if key not in KEYS:
                hint = suggest(key, KEYS) or f"; the keys are {', '.join(KEYS)}"
                raise UsageError(f"{self.file}: {TABLE} has no key `{key}`{hint}")
        per_file = self.table(values.get("per-file-ignores", {}), "per-file-ignores")
        return Config(
            folder=self.file.parent,
            select=self.selectors(values["select"], "select") if "select" in values else None,
            ignore=self.selectors(values.get("ignore", []), "ignore"),
            per_file_ignores=tuple(
                (
                    self.patterns([glob], "per-file-ignores"),
                    self.selectors(listed, f"per-file-ignores.'{glob}'"),
                )
                for glob, listed in per_file.items()
            ),
            exclude=self.patterns(self.strings(values.get("exclude", []), "exclude"), "exclude"),
        )

    def table(self, value: Any, key: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise UsageError(f"{self.file}: `{key}` is {_kind(value)}, expected a table")
        return value

    def strings(self, value: Any, key: str) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise UsageError(f"{self.file}: `{key}` is {_kind(value)}, expected a list of strings")
        for each in value:
            if not isinstance(each, str):
                raise UsageError(f"{self.file}: `{key}` has {_kind(each)} in it, expected strings only")
        return tuple(value)

    def selectors(self, value: Any, key: str) -> Selectors:
        selectors = self.strings(value, key)
        verify(selectors, self.labels, f"{self.file}: `{key}`")
        return selectors

    def patterns(self, lines: Iterable[str], key: str) -> Patterns:
        try:
            return compile_patterns(self.file.parent, lines)
        except ValueError as error:
            raise UsageError(f"{self.file}: `{key}`: {error}") from error


def _kind(value: object) -> str:
    kinds = {
        bool: "true or false",
        str: "a string",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "a table",
    }
    return kinds.get(type(value), "a date or time")
