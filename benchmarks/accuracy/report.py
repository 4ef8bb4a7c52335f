"""Show what was caught."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.accuracy.seeding import Kind
from benchmarks.accuracy.trial import Outcome, Tried, Untouched

SEVERITIES = ("error", "warn", "info")


def print_report(
    console: Console, kinds: Sequence[Kind], untouched: Sequence[Untouched], tried: Sequence[Tried]
) -> None:
    """Print what was caught by kind and by repository, and the findings on the untouched code."""
    by_kind = Table("kind", "rules", *COLUMNS, title="bugs by kind")
    for kind in kinds:
        of_kind = [each for each in tried if each.kind == kind.name]
        by_kind.add_row(kind.name, " ".join(kind.codes), *_cells(of_kind))
    by_kind.add_section()
    by_kind.add_row("total", "", *_cells(tried))
    by_repository = Table("repository", "files", "lines", *COLUMNS, *SEVERITIES, title="by repository")
    for one in untouched:
        of_one = [each for each in tried if each.repository == one.folder.name]
        found = (str(one.findings.get(severity, 0)) for severity in SEVERITIES)
        by_repository.add_row(one.folder.name, str(one.files), f"{one.lines:,}", *_cells(of_one), *found)
    lines = sum(one.lines for one in untouched)
    quiet = Table("severity", "findings", "per 10,000 lines", title=f"on the untouched code, {lines:,} lines")
    for severity, count in _findings(untouched).items():
        quiet.add_row(severity, str(count), f"{count / lines * 10_000:.2f}" if lines else "")
    for table in (by_kind, by_repository, quiet):
        console.print(table)


def print_missed(console: Console, tried: Iterable[Tried]) -> None:
    """Print each bug that was not caught, with its diff."""
    for each in tried:
        if each.outcome in (Outcome.MISSED, Outcome.ELSEWHERE):
            console.rule(f"{each.repository}/{each.file}:{each.row} {each.kind} ({each.outcome.value})", align="left")
            console.print(each.diff, markup=False, highlight=False, soft_wrap=True)


def as_json(kinds: Sequence[Kind], untouched: Sequence[Untouched], tried: Sequence[Tried]) -> str:
    """Return everything that was measured."""
    lines = sum(one.lines for one in untouched)
    return json.dumps(
        {
            "kinds": [
                {"kind": kind.name, "rules": kind.codes, **_counts([each for each in tried if each.kind == kind.name])}
                for kind in kinds
            ],
            "total": _counts(tried),
            "repositories": [
                {
                    "name": one.folder.name,
                    "files": one.files,
                    "lines": one.lines,
                    "findings": dict(one.findings),
                    **_counts([each for each in tried if each.repository == one.folder.name]),
                }
                for one in untouched
            ],
            "lines": lines,
            "findings": _findings(untouched),
            "bugs": [
                {
                    "repository": each.repository,
                    "kind": each.kind,
                    "file": each.file,
                    "row": each.row,
                    "outcome": each.outcome.value,
                    "diff": each.diff,
                }
                for each in tried
            ],
        },
        indent=1,
    )


COLUMNS = ("seeded", "caught", "share", "elsewhere", "not counted")


def _cells(tried: Sequence[Tried]) -> tuple[str, ...]:
    counts = _counts(tried)
    share = f"{counts['caught'] / counts['seeded']:.0%}" if counts["seeded"] else ""
    numbers = (str(counts[name]) for name in ("elsewhere", "not_counted"))
    return (str(counts["seeded"]), str(counts["caught"]), share, *numbers)


def _counts(tried: Sequence[Tried]) -> dict[str, int]:
    outcomes = Counter(each.outcome for each in tried)
    uncounted = outcomes[Outcome.KNOWN] + outcomes[Outcome.NO_RULE]
    return {
        "seeded": len(tried) - uncounted,
        "caught": outcomes[Outcome.CAUGHT],
        "elsewhere": outcomes[Outcome.ELSEWHERE],
        "not_counted": uncounted,
    }


def _findings(untouched: Sequence[Untouched]) -> dict[str, int]:
    return {severity: sum(one.findings.get(severity, 0) for one in untouched) for severity in SEVERITIES}
