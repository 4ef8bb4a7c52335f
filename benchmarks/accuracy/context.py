"""Which files of a repository are read together when one of them has changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from benchmarks.accuracy.script import Script

MAX_LINES = 8_000  # a repository up to this size is read as a whole


def contexts(scripts: Mapping[str, Script], lines: Mapping[str, int]) -> dict[str, frozenset[str]]:
    """Return, for each script of a repository, the files to read with it.

    These are all files where the repository is small. Otherwise they are the files that use it, directly or not, and
    all that these import; where that is too much, the files that import it directly and what these import; where that
    is too much as well, what it imports itself.
    """
    if sum(lines.values()) <= MAX_LINES:
        return dict.fromkeys(scripts, frozenset(lines))
    imports = {name: _imported(script, scripts) for name, script in scripts.items()}
    importers: dict[str, set[str]] = {name: set() for name in scripts}
    for name, imported in imports.items():
        for each in imported:
            importers[each].add(name)
    found: dict[str, frozenset[str]] = {}
    for name in scripts:
        wider = (_reached({name}, importers), {name} | importers[name], {name})
        choices = [_reached(start, imports) for start in wider]
        small = (choice for choice in choices if sum(lines[each] for each in choice) <= MAX_LINES)
        found[name] = frozenset(next(small, choices[-1]))
    return found


def _reached(start: Iterable[str], ways: Mapping[str, set[str]]) -> set[str]:
    found, waiting = set(start), list(start)
    while waiting:
        new = ways[waiting.pop()] - found
        found |= new
        waiting += new
    return found


def _imported(script: Script, scripts: Mapping[str, Script]) -> set[str]:
    """Return the files that a file may import: those whose path ends in an imported name, and lies nearest."""
    home = PurePosixPath(script.name).parent
    found: set[str] = set()
    for dotted in script.modules:
        level = len(dotted) - len(dotted.lstrip("."))
        base = home
        for _ in range(level - 1):
            base = base.parent
        parts = dotted.strip(".").split(".")
        for tail in (parts, parts[:-1]):
            if not tail:
                continue
            path = "/".join(tail)
            for folder in [base, *([] if level else base.parents)]:
                names = (str(folder / f"{path}.py"), str(folder / path / "__init__.py"))
                near = [name for name in names if name in scripts]
                if near:
                    found.update(near)
                    break
    return found - {script.name}
