"""Examine trainlint on programs that were written from its catalogue alone, by somebody who had not seen its rules.

    python -m benchmarks.examination [--only TL301,TL4] [--show]

For each rule there are three programs that look like its mistake and are right, and three that have it, each a file or
a folder of files, with the line where a reader would point marked `# HERE`. A right program on which any rule of
severity error or warn speaks is a false alarm. A mistake is caught where its own rule speaks. Nothing is run.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from trainlint.engine import check_sources
from trainlint.finding import Finding, Location, Severity
from trainlint.registry import all_rules
from trainlint.source.read import Source

PROGRAMS = Path(__file__).parent / "programs"
MARK = b"# HERE"


@dataclass(frozen=True, slots=True)
class Examined:
    """A program, the rule that it is about, and what was found in it."""

    code: str
    name: str
    sources: tuple[Source, ...]
    findings: tuple[Finding, ...]

    @property
    def is_right(self) -> bool:
        """Tell whether the program is free of mistakes."""
        return self.name.startswith("good")

    @property
    def caught(self) -> bool:
        """Tell whether the rule that the program is about speaks."""
        return any(finding.code == self.code for finding in self.findings)

    @property
    def at_the_mark(self) -> bool:
        """Tell whether it speaks of the line where a reader would point."""
        marked = {
            (source.name, row)
            for source in self.sources
            for row, line in enumerate(source.data.splitlines(), 1)
            if MARK in line
        }
        return any(
            finding.code == self.code
            and isinstance(finding.location, Location)
            and (finding.location.file, finding.location.row) in marked
            for finding in self.findings
        )


def examine(codes: tuple[str, ...] = ("TL",)) -> Iterator[Examined]:
    """Yield the programs about the rules whose codes begin so, each with its findings."""
    rules = all_rules()
    for folder in sorted(PROGRAMS.iterdir()):
        if not folder.name.startswith(codes):
            continue
        judging = [rule for rule in rules if rule.severity is not Severity.INFO or rule.code == folder.name]
        for program in sorted(folder.iterdir()):
            base, files = (program, sorted(program.rglob("*.py"))) if program.is_dir() else (folder, [program])
            sources = tuple(Source(file.relative_to(base).as_posix(), file.read_bytes()) for file in files)
            yield Examined(folder.name, program.stem, sources, tuple(check_sources(sources, judging)))


def main() -> int:
    """Print what was found, and what was not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="TL", help="codes, or how they begin, with commas")
    parser.add_argument("--show", action="store_true", help="name each false alarm and each mistake that was missed")
    options = parser.parse_args()
    examined = list(examine(tuple(options.only.split(","))))
    right, wrong = [e for e in examined if e.is_right], [e for e in examined if not e.is_right]
    alarms, caught = [e for e in right if e.findings], [e for e in wrong if e.caught]

    console = Console()
    if options.show:
        for each in alarms:
            said = "; ".join(f"{finding.code} {finding.message}" for finding in each.findings)
            console.print(f"false alarm  {each.code}/{each.name}: {said}", highlight=False, markup=False)
        for each in wrong:
            if not each.caught:
                console.print(f"missed       {each.code}/{each.name}", highlight=False, markup=False)
    table = Table("", "programs", "counted", "share")
    for label, counted, of in (
        ("false alarms on right programs", alarms, right),
        ("mistakes caught", caught, wrong),
        ("… at the line where a reader would point", [e for e in caught if e.at_the_mark], wrong),
    ):
        table.add_row(label, str(len(of)), str(len(counted)), f"{len(counted) / max(len(of), 1):.1%}")
    console.print(table)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
