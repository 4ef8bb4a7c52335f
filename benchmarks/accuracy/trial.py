"""Check a repository untouched and with one bug at a time."""

from __future__ import annotations

import ast
import difflib
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path

from benchmarks.accuracy.context import contexts
from benchmarks.accuracy.repository import Repository
from benchmarks.accuracy.script import FUNCTIONS, Script
from benchmarks.accuracy.seeding import Kind, Seeding, seedings
from trainlint.engine import check_sources
from trainlint.finding import Finding, Location, Place
from trainlint.registry import all_rules, find_rule
from trainlint.rule import Rule
from trainlint.source.read import Source


class Outcome(str, Enum):
    """What became of a bug; where several hold, the first."""

    CAUGHT = "caught"  # a finding of the right rule, near the bug, that the untouched code does not have
    ELSEWHERE = "elsewhere"  # such a finding, but neither it nor a related place is near the bug
    KNOWN = "known"  # the untouched code has such a finding near the place already: not counted
    MISSED = "missed"
    NO_RULE = "no rule"  # none of the rules that mean it exists: not counted


@dataclass(frozen=True, slots=True)
class Tried:
    """A bug and what became of it; `diff` shows it."""

    repository: str
    kind: str
    codes: tuple[str, ...]
    file: str
    row: int
    outcome: Outcome
    diff: str


@dataclass(frozen=True, slots=True)
class Untouched:
    """A repository as it is: its lines, its findings by severity, and the bugs that it can take, sampled."""

    folder: Path
    files: int
    lines: int
    findings: Mapping[str, int]
    seedings: tuple[Seeding, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The sources of a repository, by name, and those of them that can be changed."""

    sources: Mapping[str, Source]
    repository: Repository
    scripts: Mapping[str, Script]
    contexts: Mapping[str, frozenset[str]]


@lru_cache(maxsize=1)
def load(folder: Path) -> Loaded:
    """Read the Python files below a folder."""
    sources: dict[str, Source] = {}
    scripts: dict[str, Script] = {}
    for path in sorted(folder.rglob("*.py")):
        if not path.is_file() or path.is_symlink():
            continue
        name = path.relative_to(folder).as_posix()
        sources[name] = Source(name, path.read_bytes())
        try:
            scripts[name] = Script(name, sources[name].data)
        except (SyntaxError, ValueError, RecursionError):
            continue
    lines = {name: source.data.count(b"\n") for name, source in sources.items()}
    return Loaded(sources, Repository(scripts.values()), scripts, contexts(scripts, lines))


def survey(folder: Path, kinds: Sequence[Kind], limit: int | None, seed: int) -> Untouched:
    """Check a repository as it is, and find the bugs that it can take, at most `limit` of a kind."""
    loaded = load(folder)
    severities: dict[str, int] = {}
    for finding in check_sources(list(loaded.sources.values()), all_rules()):
        if find_rule(finding.code) is not None:
            severities[finding.severity.value] = severities.get(finding.severity.value, 0) + 1
    chosen: list[Seeding] = []
    for kind in kinds:
        every = [s for script in loaded.scripts.values() for s in seedings(kind, script, loaded.repository)]
        if limit is not None and len(every) > limit:
            drawn = random.Random(f"{seed} {folder.name} {kind.name}").sample(range(len(every)), limit)
            every = [every[i] for i in sorted(drawn)]
        chosen += every
    lines = sum(source.data.count(b"\n") for source in loaded.sources.values())
    return Untouched(folder, len(loaded.sources), lines, severities, tuple(chosen))


def attempt(folder: Path, given: Iterable[Seeding]) -> list[Tried]:
    """Check a repository with each of these bugs, one at a time."""
    return [_try(folder, seeding) for seeding in given]


def _try(folder: Path, seeding: Seeding) -> Tried:
    loaded = load(folder)
    before = loaded.sources[seeding.file].data.decode().splitlines(keepends=True)
    after = seeding.data.decode().splitlines(keepends=True)
    diff = "".join(difflib.unified_diff(before, after, f"a/{seeding.file}", f"b/{seeding.file}"))
    return Tried(folder.name, seeding.kind, seeding.codes, seeding.file, seeding.row, _outcome(folder, seeding), diff)


def _outcome(folder: Path, seeding: Seeding) -> Outcome:
    loaded = load(folder)
    rules = tuple(rule for rule in all_rules() if rule.code in seeding.codes)
    if not rules:
        return Outcome.NO_RULE
    names = loaded.contexts[seeding.file]
    known = {(f.code, at.file, at.row) for f in _untouched(folder, names, rules) for at in [_at(f.location)]}
    rows = _rows_before(loaded.sources[seeding.file].data, seeding.data)
    sources = [Source(n, seeding.data if n == seeding.file else loaded.sources[n].data) for n in sorted(names)]
    outcomes = {Outcome.MISSED}
    for finding in check_sources(sources, rules):
        if find_rule(finding.code) is None:
            continue
        places = [_at(finding.location), *(_at(related.location) for related in finding.related)]
        near = any(_place(loaded, seeding, at) in seeding.near for at in places)
        row = rows.get(places[0].row) if places[0].file == seeding.file else places[0].row
        if (finding.code, places[0].file, row) not in known:
            outcomes.add(Outcome.CAUGHT if near else Outcome.ELSEWHERE)
        elif near:
            outcomes.add(Outcome.KNOWN)
    return next(outcome for outcome in Outcome if outcome in outcomes)


@lru_cache(maxsize=256)
def _untouched(folder: Path, names: frozenset[str], rules: tuple[Rule, ...]) -> list[Finding]:
    sources = load(folder).sources
    return check_sources([sources[name] for name in sorted(names)], rules)


def _at(location: Place | Location) -> Location:
    assert isinstance(location, Location), "check_sources places its findings"
    return location


def _place(loaded: Loaded, seeding: Seeding, at: Location) -> tuple[str, str]:
    """Return the file and the outermost function or class in which a location lies."""
    data = seeding.data if at.file == seeding.file else loaded.sources[at.file].data
    return at.file, _definitions(data).get(at.row, "")


@lru_cache(maxsize=64)
def _definitions(data: bytes) -> dict[int, str]:
    """Return, by row, the outermost function or class."""
    found: dict[int, str] = {}
    waiting: list[ast.AST] = [ast.parse(data)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            assert node.end_lineno is not None
            found.update(dict.fromkeys(range(node.lineno, node.end_lineno + 1), node.name))
        else:
            waiting += ast.iter_child_nodes(node)
    return found


def _rows_before(before: bytes, after: bytes) -> dict[int, int]:
    """Return, by row of the changed file, the row of the same line in the untouched one."""
    matcher = difflib.SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False)
    return {block.b + i + 1: block.a + i + 1 for block in matcher.get_matching_blocks() for i in range(block.size)}
