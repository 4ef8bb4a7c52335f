"""Fix what can be fixed, as far as checking again proves it: the finding is gone, and nothing else is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from trainlint.finding import Finding, Location
from trainlint.fixing.edits import apply
from trainlint.fixing.tree import CannotEditError, Tree
from trainlint.report.location import placed
from trainlint.source.read import LINE_END, Source, decode, split_lines

Check = Callable[[Sequence[Source]], list[Finding]]
Wanted = Callable[[Finding, Source], bool]
STILL_FOUND = "the rule would still find it"


@dataclass(frozen=True, slots=True)
class Left:
    """A finding that was to be fixed and was not, and why."""

    finding: Finding
    reason: str


@dataclass(slots=True)
class Fixed:
    """The sources after fixing, how many findings of each file are gone, and what is left of those to be fixed."""

    sources: list[Source]
    findings: list[Finding]
    counts: Counter[str] = field(default_factory=Counter)
    left: list[Left] = field(default_factory=list)


def fix(sources: Sequence[Source], check: Check, wanted: Wanted) -> Fixed:
    """Apply the fixes of the findings that are wanted until none is left that would do.

    All are tried at once; in the files where that does not hold, fewer and fewer, down to one. What was refused is
    tried again as long as anything else changes, so that a second run finds nothing to do.
    """
    done = Fixed(list(sources), check(sources))
    while _sweep(done, check, wanted):
        pass
    return done


def _sweep(done: Fixed, check: Check, wanted: Wanted) -> bool:
    """Try every fix once; tell whether any held."""
    refused: dict[object, str] = {}
    limits: dict[str, int] = {}
    held = False
    while True:
        named = {source.name: source for source in done.sources}
        todo = [f for f in done.findings if _has_edits(f) and wanted(f, named[placed(f.location).file])]
        todo = _within([finding for finding in todo if _key(finding, named) not in refused], limits)
        if not todo:
            break
        tried, data, problems = _edited(todo, named)
        refused.update((_key(finding, named), reason) for finding, reason in problems)
        if not tried:
            continue
        sources = [Source(source.name, data.get(source.name, source.data)) for source in done.sources]
        after = check(sources)
        objections = _objections(tried, done.findings, after)
        if not objections:
            done.counts.update(_gone(done.findings, after))
            done.sources, done.findings, held = sources, after, True
            limits.clear()
            continue
        changed = {_file(finding) for finding in tried}
        blamed = changed & objections.keys() or changed
        for file in blamed:
            here = [finding for finding in tried if _file(finding) == file]
            limits[file] = len(here) // 2
            if len(here) == 1:
                refused[_key(here[0], named)] = objections.get(file) or next(iter(objections.values()))
                del limits[file]
    named = {source.name: source for source in done.sources}
    keys = ((finding, _key(finding, named)) for finding in done.findings if _has_edits(finding))
    done.left = [Left(finding, refused[key]) for finding, key in keys if key in refused]
    return held


def _within(findings: Iterable[Finding], limits: Mapping[str, int]) -> list[Finding]:
    """Return the findings but for those of a file beyond its limit."""
    counts: Counter[str] = Counter()
    kept = []
    for finding in findings:
        file = _file(finding)
        counts[file] += 1
        if file not in limits or counts[file] <= limits[file]:
            kept.append(finding)
    return kept


def _has_edits(finding: Finding) -> bool:
    return finding.fix is not None and bool(finding.fix.edits)


def _key(finding: Finding, named: Mapping[str, Source]) -> tuple[object, ...]:
    """Return what tells a finding from others, also when lines above it have moved."""
    at = placed(finding.location)
    lines = split_lines(decode(named[at.file].data))
    same = lines[: at.row].count(lines[at.row - 1])
    return finding.code, at.file, lines[at.row - 1], same, at.column, finding.message


def _gone(before: Iterable[Finding], after: Iterable[Finding]) -> Counter[str]:
    """Count, by file, the findings that are no longer there."""
    fewer = Counter(_kind(finding) for finding in before) - Counter(_kind(finding) for finding in after)
    counts: Counter[str] = Counter()
    for (file, _), count in fewer.items():
        counts[file] += count
    return counts


def _kind(finding: Finding) -> tuple[str, str]:
    return placed(finding.location).file, finding.code


def _objections(tried: Sequence[Finding], before: Iterable[Finding], after: Iterable[Finding]) -> dict[str, str]:
    """Return, by file, why it is not to be changed so: a finding is still there, or another one is new."""
    old, new = Counter(map(_kind, before)), Counter(map(_kind, after))
    still = {
        file: STILL_FOUND
        for (file, code), n in Counter(map(_kind, tried)).items()
        if new[file, code] > old[file, code] - n
    }
    more = {file: f"{code} would be found in {file} then" for file, code in new if new[file, code] > old[file, code]}
    return {**still, **more}


def _edited(
    findings: Sequence[Finding], named: Mapping[str, Source]
) -> tuple[list[Finding], dict[str, bytes], list[tuple[Finding, str]]]:
    """Apply the fixes of findings as far as they do not meet: those of a file from its end to its start.

    What an earlier one has changed, a later one must not touch or look behind: it waits for the next time.
    """
    tried: list[Finding] = []
    problems: list[tuple[Finding, str]] = []
    data: dict[str, bytes] = {}
    untouched: dict[str, tuple[int, int]] = {}
    made: dict[str, set[object]] = {}
    for finding in sorted(findings, key=_last, reverse=True):
        file = _file(finding)
        assert finding.fix is not None
        if finding.fix.edits in made.setdefault(file, set()):
            tried.append(finding)
            continue
        if _last(finding)[1:] > untouched.get(file, _END):
            continue
        old = data.get(file, named[file].data)
        try:
            new = old
            for edit in finding.fix.edits:
                new = apply(Tree(new), edit).bytes
        except CannotEditError as error:
            problems.append((finding, str(error)))
            continue
        except UnicodeEncodeError:
            problems.append((finding, "the file's encoding has no such characters"))
            continue
        except RecursionError:
            problems.append((finding, "it is nested too deeply"))
            continue
        if new == old:
            problems.append((finding, STILL_FOUND))
            continue
        data[file] = new
        untouched[file] = _first_difference(old, new)
        made[file].add(finding.fix.edits)
        tried.append(finding)
    return tried, data, problems


_END = (1 << 60, 0)


def _file(finding: Finding) -> str:
    """Return the file that a fix changes, which need not be the one of the finding."""
    assert finding.fix is not None
    at = finding.fix.edits[0].at
    assert isinstance(at, Location)
    return at.file


def _last(finding: Finding) -> tuple[str, int, int]:
    """Return the file of a fix, and where the last of its places ends."""
    assert finding.fix is not None
    ends = [
        (at.end_row, at.end_column)
        for edit in finding.fix.edits
        for at in (edit.at, getattr(edit, "behind", None))
        if isinstance(at, Location)
    ]
    return (_file(finding), *max(ends))


def _first_difference(old: bytes, new: bytes) -> tuple[int, int]:
    """Return row and column up to which two files are the same."""
    before, after = decode(old), decode(new)
    same = next(
        (place for place, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    lines = LINE_END.split(before[:same])
    return len(lines), len(lines[-1]) + 1
