"""Patterns as ignore files have them, seen from the folder that they are written for."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec


@dataclass(frozen=True, slots=True)
class Patterns:
    """Compiled patterns and the absolute path of the folder that they are relative to."""

    folder: str
    spec: GitIgnoreSpec

    def verdict(self, path: str, *, is_folder: bool = False) -> bool | None:
        """Tell whether an absolute path is meant (`True`), taken back with `!` (`False`) or not spoken of."""
        prefix = self.folder.rstrip(os.sep) + os.sep
        if not path.startswith(prefix) or path == prefix:
            return None
        relative = path[len(prefix) :].replace(os.sep, "/")
        if not is_folder:
            return self.spec.check_file(relative).include
        # `check_file` is for files: of a folder it says that `*` outweighs a `!*/` after it.
        for pattern in reversed(self.spec.patterns):
            if pattern.include is not None and pattern.match_file(relative + "/") is not None:
                return pattern.include
        return None


def compile_patterns(folder: Path, lines: Iterable[str]) -> Patterns:
    """Return the patterns.

    Raises:
        ValueError: one of them is none.
    """
    try:
        return Patterns(str(folder), GitIgnoreSpec.from_lines(list(lines)))
    except re.error as error:
        raise ValueError(str(error)) from error


def read_ignore_file(file: Path, folder: Path) -> Patterns | None:
    """Return the patterns of an ignore file, if there is one; like git, skip a line that is no pattern."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    return compile_patterns(folder, [line for line in lines if _is_pattern(line)])


def _is_pattern(line: str) -> bool:
    try:
        GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error):
        return False
    return True
