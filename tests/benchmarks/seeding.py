"""Seed bugs into small sources, and show each as the lines that it changes."""

from __future__ import annotations

import difflib
from pathlib import PurePosixPath
from textwrap import dedent

from benchmarks.accuracy.kinds import ALL_KINDS
from benchmarks.accuracy.repository import Repository
from benchmarks.accuracy.script import Script
from benchmarks.accuracy.seeding import Seeding, seedings

KINDS = {kind.name: kind for kind in ALL_KINDS}


def seeded(kind: str, *sources: str) -> list[Seeding]:
    """Return the bugs of a kind that a repository of these files can take; the first file is `main.py`."""
    names = ["main.py", *(f"part{number}.py" for number in range(1, len(sources)))]
    scripts = [
        Script(str(PurePosixPath(name)), dedent(source).lstrip("\n").encode())
        for name, source in zip(names, sources, strict=True)
    ]
    repository = Repository(scripts)
    return [each for script in scripts for each in seedings(KINDS[kind], script, repository)]


def changes(kind: str, *sources: str) -> list[list[str]]:
    """Return, for each bug, the lines that go (`-`) and come (`+`), without indentation.

    A line that comes in no other's place has the one before it with it: `+ new < before`.
    """
    found = []
    texts = [dedent(source).lstrip("\n") for source in sources]
    names = ["main.py", *(f"part{number}.py" for number in range(1, len(sources)))]
    for bug in seeded(kind, *sources):
        before, after = texts[names.index(bug.file)].splitlines(), bug.data.decode().splitlines()
        lines = []
        matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
        for tag, start, end, new_start, new_end in matcher.get_opcodes():
            if tag != "equal":
                lines += [f"- {line.strip()}" for line in before[start:end]]
                lines += [f"+ {line.strip()}" for line in after[new_start:new_end]]
            if tag == "insert":
                lines[-1] += f" < {after[new_start - 1].strip()}"
        found.append(lines)
    return found
