"""Seed bugs into healthy training code, one at a time, and count what trainlint catches.

    python -m benchmarks.accuracy FOLDER [--kinds zero-grad-deleted,…] [--limit 3] [--seed 0] [--jobs 2] [--show missed]

Each folder directly below FOLDER is one repository; without any, FOLDER itself is one. Nothing in them is changed, run
or imported. What is counted, and how, says docs/accuracy.md.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from benchmarks.accuracy.kinds import ALL_KINDS
from benchmarks.accuracy.report import as_json, print_missed, print_report
from benchmarks.accuracy.seeding import Kind
from benchmarks.accuracy.trial import Tried, Untouched, attempt, survey

_Result = TypeVar("_Result")
CHUNK = 24  # bugs that a worker process takes at once


def main() -> int:
    """Run the benchmark."""
    options = _options()
    console = Console(width=None if sys.stdout.isatty() else 160)
    if options.list:
        _list(console)
        return 0
    kinds = [kind for kind in ALL_KINDS if options.kinds is None or kind.name in options.kinds]
    untouched, tried = measure(_repositories(options.folder), kinds, options.limit, options.seed, options.jobs)
    if options.show == "missed":
        print_missed(console, tried)
    print_report(console, kinds, untouched, tried)
    if options.json is not None:
        options.json.write_text(as_json(kinds, untouched, tried), encoding="utf-8")
    return 0


def measure(
    folders: Sequence[Path], kinds: Sequence[Kind], limit: int | None, seed: int, jobs: int
) -> tuple[list[Untouched], list[Tried]]:
    """Return what the repositories are like untouched, and what became of each bug, always in the same order."""
    progress = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), disable=not sys.stderr.isatty(),
    )  # fmt: skip
    with progress, ProcessPoolExecutor(jobs) as pool:
        surveys = [pool.submit(survey, folder, kinds, limit, seed) for folder in folders]
        untouched = list(_done(progress, "untouched", surveys))
        attempts = [
            pool.submit(attempt, one.folder, one.seedings[start : start + CHUNK])
            for one in untouched
            for start in range(0, len(one.seedings), CHUNK)
        ]
        tried = [each for chunk in _done(progress, "with bugs", attempts) for each in chunk]
    return untouched, tried


def _done(progress: Progress, label: str, futures: Sequence[Future[_Result]]) -> Iterator[_Result]:
    task = progress.add_task(label, total=len(futures))
    for _ in as_completed(futures):
        progress.advance(task)
    for future in futures:
        yield future.result()


def _repositories(folder: Path) -> list[Path]:
    below = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    return [path for path in below if any(path.rglob("*.py"))] or [folder]


def _list(console: Console) -> None:
    table = Table("kind", "rules", "bug")
    for kind in ALL_KINDS:
        table.add_row(kind.name, " ".join(kind.codes), kind.summary)
    console.print(table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", help="where the repositories lie")
    parser.add_argument(
        "--kinds", type=lambda text: text.split(","), help="the kinds of bugs to seed; all, if not given"
    )
    parser.add_argument("--limit", type=int, help="bugs of a kind in a repository at most, drawn by chance")
    parser.add_argument("--seed", type=int, default=0, help="of that chance")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="worker processes")
    parser.add_argument("--json", type=Path, help="where to write everything that was measured")
    parser.add_argument("--show", choices=["missed"], help="also print each bug that was missed, as a diff")
    parser.add_argument("--list", action="store_true", help="print the kinds of bugs, and stop")
    options = parser.parse_args()
    if options.folder is None and not options.list:
        parser.error("FOLDER is missing")
    if options.folder is not None and not options.folder.is_dir():
        parser.error(f"{options.folder} is no folder")
    if unknown := set(options.kinds or ()) - {kind.name for kind in ALL_KINDS}:
        parser.error(f"no such kind: {', '.join(sorted(unknown))}; --list names them all")
    return options


if __name__ == "__main__":
    sys.exit(main())
