"""What `trainlint check` costs, against what `libcst.parse_module` alone needs for the same files.

    python benchmarks/check_speed.py FOLDER… [--growth] [--repeat 3]

Each measurement is a fresh process that imports what it needs, then looks at its CPU clock, does its work once, and
looks again: all rules and all stages, from finding and reading the files to the report as JSON; or parsing each of the
files that the check found, with libcst. The two take turns, and the least of the repetitions counts. `--growth` checks
a part of each folder's files, all of them, and all of them twice.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from rich.console import Console
from rich.table import Table

CHECKOUT = Path(__file__).parent.parent
PARTS = (0.25, 0.5, 1.0, 2.0)

Measured = dict[str, float]


def check(folder: str) -> Measured:
    """Check a folder with every rule, and return what that took."""
    started = time.process_time()
    from trainlint.cli.main import main  # noqa: PLC0415
    from trainlint.registry import all_rules  # noqa: PLC0415

    all_rules()
    imported = time.process_time()
    shown = io.StringIO()
    clock = time.perf_counter()
    with redirect_stdout(shown), redirect_stderr(io.StringIO()):
        code = main(["check", "--select", "TL", "--output-format", "json", folder])
    wall = time.perf_counter() - clock
    cpu = time.process_time() - imported
    if code > 1:
        sys.exit(f"trainlint check ended with exit code {code}")
    return {
        "cpu_s": cpu,
        "wall_s": wall,
        "import_s": imported - started,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        "findings": len(json.loads(shown.getvalue())),
    }


def parse(folder: str) -> Measured:
    """Parse the files of a folder with libcst, and return what that took."""
    import libcst  # noqa: PLC0415

    files = [file.read_bytes() for file in found_in(Path(folder))]
    refused = 0
    started = time.process_time()
    for data in files:
        try:
            libcst.parse_module(data)
        except Exception:
            refused += 1
    return {"cpu_s": time.process_time() - started, "refused": refused}


def found_in(folder: Path) -> list[Path]:
    """Return the files that `trainlint check` finds in a folder."""
    from trainlint.config import find_config  # noqa: PLC0415
    from trainlint.source.discover import discover  # noqa: PLC0415

    return list(discover([folder], find_config(folder, ()), force_exclude=False).files)


def in_fresh_process(work: str, folder: Path) -> Measured:
    """Do a piece of work in a process of its own."""
    command = [sys.executable, __file__, "--work", work, str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=CHECKOUT)
    if done.returncode:
        sys.exit(f"{work} {folder}: {done.stderr.strip() or f'exit code {done.returncode}'}")
    measured: Measured = json.loads(done.stdout)
    return measured


def measure(folder: Path, repeat: int, *works: str) -> list[Measured]:
    """Return what each piece of work takes at the least, where they take turns."""
    rounds = [[in_fresh_process(work, folder) for work in works] for _ in range(repeat)]
    return [min(of_one, key=lambda each: each["cpu_s"]) for of_one in zip(*rounds, strict=True)]


def count_lines(files: list[Path]) -> int:
    """Return how many lines these files have together."""
    return sum(file.read_bytes().count(b"\n") for file in files)


def compare(folders: list[Path], repeat: int) -> Table:
    """Return a row for each folder: what checking it costs, and what parsing it with libcst does."""
    table = _table("", "files", "lines", "findings", "check s", "µs/line", "wall s", "peak MB", "libcst s", "ratio")
    for folder in folders:
        files = found_in(folder)
        lines = count_lines(files)
        checked, parsed = measure(folder, repeat, "check", "parse")
        table.add_row(
            folder.name,
            f"{len(files)}",
            f"{lines}",
            f"{checked['findings']:.0f}",
            f"{checked['cpu_s']:.2f}",
            f"{checked['cpu_s'] / max(lines, 1) * 1e6:.0f}",
            f"{checked['wall_s']:.2f}",
            f"{checked['peak_bytes'] / 1e6:.0f}",
            f"{parsed['cpu_s']:.2f}",
            f"{checked['cpu_s'] / parsed['cpu_s']:.2f}",
        )
    return table


def grow(folders: list[Path], repeat: int) -> Table:
    """Return a row for each part of each folder: what a line costs in a smaller and in a larger tree."""
    table = _table("", "part", "files", "lines", "check s", "µs/line", "peak MB")
    for folder in folders:
        files = found_in(folder)
        for part in PARTS:
            with tempfile.TemporaryDirectory() as copy:
                taken = copy_part(folder, files, part, Path(copy))
                lines = count_lines(taken)
                (checked,) = measure(Path(copy), repeat, "check")
            table.add_row(
                folder.name,
                f"{part:g}",
                f"{len(taken)}",
                f"{lines}",
                f"{checked['cpu_s']:.2f}",
                f"{checked['cpu_s'] / max(lines, 1) * 1e6:.0f}",
                f"{checked['peak_bytes'] / 1e6:.0f}",
            )
    return table


def copy_part(folder: Path, files: list[Path], part: float, into: Path) -> list[Path]:
    """Copy the first files of a folder, `part` of them all; past 1, the whole several times, side by side."""
    taken: list[Path] = []
    for copy in range(max(1, round(part))):
        for file in files[: max(1, round(len(files) * min(part, 1.0)))]:
            target = into / f"copy{copy}" / file.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
            taken.append(target)
    return taken


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", metavar="FOLDER", type=Path)
    parser.add_argument("--growth", action="store_true", help="check parts and multiples of each folder instead")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="take the least of N measurements")
    parser.add_argument("--work", choices=("check", "parse"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work is not None:
        (folder,) = map(str, options.folders)
        print(json.dumps(check(folder) if options.work == "check" else parse(folder)))
        return
    folders = [folder.resolve() for folder in options.folders]
    for folder in folders:
        if not folder.is_dir():
            parser.error(f"{folder} is not a folder")
        if not found_in(folder):
            parser.error(f"{folder} has no Python files")
    if options.repeat < 1:
        parser.error("--repeat needs at least 1")
    table = grow(folders, options.repeat) if options.growth else compare(folders, options.repeat)
    Console(width=None if sys.stdout.isatty() else 140).print(table)


if __name__ == "__main__":
    sys.path.insert(0, str(CHECKOUT))
    main()
