"""`trainlint check --fix` and `--diff`: what they take, do and say."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from trainlint.cli.console import say
from trainlint.engine import check_sources
from trainlint.errors import UsageError
from trainlint.finding import Finding
from trainlint.report.location import placed
from trainlint.report.visible import visible
from trainlint.rule import Rule
from trainlint.source.gather import Gathered
from trainlint.source.read import Source, decode

if TYPE_CHECKING:
    from trainlint.fixing.rounds import Fixed

STDIN = "-"
Wanted = Callable[[Finding, Source], bool]


def add_fix_options(parser: argparse.ArgumentParser) -> None:
    """Describe the options that ask for fixes."""
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--fix", action="store_true", help="mend what can be mended safely, and show what is left")
    either.add_argument("--diff", action="store_true", help="show what --fix would change, and change nothing")
    parser.add_argument(
        "--unsafe-fixes",
        action="store_true",
        help="with --fix or --diff: also where checkpoints, numerics or judgement are involved",
    )


def verify_fix_options(options: argparse.Namespace) -> None:
    """Make sure that the options that ask for fixes go together.

    Raises:
        UsageError: they do not.
    """
    if options.unsafe_fixes and not (options.fix or options.diff):
        raise UsageError("--unsafe-fixes goes with --fix or --diff")
    if options.fix and STDIN in options.paths:
        raise UsageError("--fix has no file to write stdin to; --diff shows what it would change")
    if options.diff and options.output_format != "terminal":
        raise UsageError(f"--diff prints a diff, not {options.output_format}")


def with_fixes(
    gathered: Gathered, rules: Sequence[Rule], wanted: Wanted, options: argparse.Namespace
) -> tuple[tuple[Source, ...], list[Finding]]:
    """Fix what is wanted, say what became of it, and return the sources as they are now and what is found in them."""
    # libcst takes a good part of a second to import, which `check` without fixes is not to pay.
    from trainlint.fixing.rounds import fix  # noqa: PLC0415

    def wants(finding: Finding, source: Source) -> bool:
        safe = finding.fix is not None and finding.fix.safe
        return (safe or options.unsafe_fixes) and wanted(finding, source)

    def check(sources: Sequence[Source]) -> list[Finding]:
        return check_sources(sources, rules)

    done = fix(gathered.sources, check, wants)
    changed = [(old, new) for old, new in zip(gathered.sources, done.sources, strict=True) if old.data != new.data]
    for left in done.left:
        at = placed(left.finding.location)
        say(f"{at.file}:{at.row}: {left.finding.code} is not fixed: {left.reason}")
    if options.diff:
        for old, new in changed:
            _write_diff(old, new)
        _say_count("Would fix", done, [new.name for _, new in changed])
        return gathered.sources, check_sources(gathered.sources, rules)
    return _written(gathered, done, changed, check)


def _written(
    gathered: Gathered,
    done: Fixed,
    changed: Sequence[tuple[Source, Source]],
    check: Callable[[Sequence[Source]], list[Finding]],
) -> tuple[tuple[Source, ...], list[Finding]]:
    from trainlint.fixing.write import write  # noqa: PLC0415

    kept: dict[str, Source] = {}
    for old, new in changed:
        problem = write(gathered.paths[old.name], old.data, new.data)
        if problem is not None:
            say(f"{old.name} is not written: {problem}")
            kept[old.name] = old
    _say_count("Fixed", done, [new.name for _, new in changed if new.name not in kept])
    sources = tuple(kept.get(source.name, source) for source in done.sources)
    return sources, check(sources) if kept else done.findings


def _say_count(verb: str, done: Fixed, names: Sequence[str]) -> None:
    count = sum(done.counts[name] for name in names)
    findings, files = ("finding" if count == 1 else "findings"), ("file" if len(names) == 1 else "files")
    sys.stdout.flush()
    print(f"{verb} {count} {findings} in {len(names)} {files}", file=sys.stderr)


def _write_diff(old: Source, new: Source) -> None:
    """Print a unified diff that `patch` takes, byte by byte; in a terminal, so that it can be looked at."""
    lines = list(_diff(old, new))
    if sys.stdout.isatty():
        print("".join(visible(decode(line).rstrip("\r\n")) + "\n" for line in lines), end="")
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(b"".join(lines))
    sys.stdout.buffer.flush()


def _diff(old: Source, new: Source) -> Iterator[bytes]:
    name = visible(old.name).encode(errors="backslashreplace")
    before, after = old.data.splitlines(keepends=True), new.data.splitlines(keepends=True)
    for line in difflib.diff_bytes(difflib.unified_diff, before, after, name, name, n=3):
        yield line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"


def hint(findings: Sequence[Finding], options: argparse.Namespace) -> str | None:
    """Return what to say of the findings that could be fixed for the asking."""
    fixes = [finding.fix for finding in findings if finding.fix is not None and finding.fix.edits]
    safe = 0 if options.fix else sum(fix.safe for fix in fixes)
    unsafe = 0 if options.unsafe_fixes else sum(not fix.safe for fix in fixes)
    parts = [f"{safe} with `--fix`"] * bool(safe) + [f"{unsafe} with `--fix --unsafe-fixes`"] * bool(unsafe)
    return f"Fixes to be had: {', '.join(parts)}" if parts else None
