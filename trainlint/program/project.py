"""The files of a program under the names by which they import each other."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from trainlint.program.facts import FileFacts
from trainlint.program.values import File


class Project:
    """All files that are checked together."""

    def __init__(self, files: Iterable[FileFacts]) -> None:
        self.files = [File(facts, _module_name(facts.name)) for facts in files]
        self._by_suffix: dict[str, list[File]] = {}
        self._found: dict[tuple[str, str], File | None] = {}
        for file in self.files:
            parts = file.module.split(".")
            for start in range(len(parts)):
                self._by_suffix.setdefault(".".join(parts[start:]), []).append(file)

    def find(self, dotted: str, importer: File) -> File | None:
        """Return the file that `dotted` means when `importer` imports it; of several, the one nearest to it."""
        if dotted not in self._by_suffix:
            return None
        key = dotted, importer.module
        if key not in self._found:
            self._found[key] = self._nearest(dotted, importer)
        return self._found[key]

    def _nearest(self, dotted: str, importer: File) -> File | None:
        home = importer.module.split(".")[:-1]

        def nearness(file: File) -> tuple[int, int]:
            parts = file.module.split(".")
            shared = 0
            while shared < min(len(home), len(parts)) and home[shared] == parts[shared]:
                shared += 1
            return -shared, len(parts)

        best = sorted(self._by_suffix[dotted], key=nearness)
        if len(best) > 1 and nearness(best[0]) == nearness(best[1]):
            return None
        # `import models` cannot mean a file deep in an unrelated folder.
        prefix = best[0].module[: -len(dotted)].rstrip(".")
        return best[0] if f"{importer.module}.".startswith(f"{prefix}." if prefix else "") else None

    def absolute(self, dotted: str, importer: File) -> str:
        """Return the dotted name of a relative import from the top of the program."""
        level = len(dotted) - len(dotted.lstrip("."))
        if not level:
            return dotted
        is_package = PurePosixPath(importer.facts.name).stem == "__init__"
        home = importer.module.split(".")
        keep = len(home) - level + (1 if is_package else 0)
        return ".".join([*home[: max(keep, 0)], dotted[level:]]).strip(".")


def _module_name(name: str) -> str:
    path = PurePosixPath(name)
    parts = [part for part in path.with_suffix("").parts if part not in ("/", ".", "..")]
    if len(parts) > 1 and parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts)
