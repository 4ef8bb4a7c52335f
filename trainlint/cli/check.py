"""`trainlint check`: find the mistakes that the source tells."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from trainlint.cli.console import make_console, say
from trainlint.cli.exit import EXIT_CLEAN, EXIT_CODES, EXIT_COULD_NOT_RUN, EXIT_FINDINGS
from trainlint.cli.fix import STDIN, add_fix_options, hint, verify_fix_options, with_fixes
from trainlint.config import Config, find_config, read_config
from trainlint.engine import CRASHED, UNREADABLE, check_sources
from trainlint.errors import UsageError
from trainlint.finding import Finding, Location, Severity
from trainlint.registry import all_rules
from trainlint.report.json import format_findings
from trainlint.report.location import placed
from trainlint.report.terminal import print_findings, summary
from trainlint.selection import Label, Selectors, any_matches, choose, unknown_selector, verify
from trainlint.source.gather import Gathered, Unsaved, gather
from trainlint.source.read import Source
from trainlint.source.suppress import Suppression, read_suppressions


def add_check(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command line of `trainlint check`."""
    parser = commands.add_parser(
        "check",
        help="find training mistakes in source files",
        description="Find training mistakes in source files.",
        epilog=EXIT_CODES,
    )
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATH", help="file, folder, or - for stdin (default: the current folder)")
    add("--output-format", choices=("terminal", "json"), default="terminal")
    add(
        "--select",
        action="append",
        metavar="RULES",
        help="only these: codes, prefixes (TL3), names; with commas",
    )
    add(
        "--ignore",
        action="append",
        metavar="RULES",
        help="leave these out, beside those that the project ignores",
    )
    add(
        "--config",
        type=Path,
        metavar="FILE",
        help="read [tool.trainlint] there, not in the nearest pyproject.toml",
    )
    add_fix_options(parser)
    add("--force-exclude", action="store_true", help="leave out excluded files even where they are named")
    add("--stdin-filename", type=Path, metavar="NAME", help="the file that the text from stdin stands for")
    add("--color", choices=("auto", "always", "never"), default="auto")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check what the options name, print what is found, and return the exit code.

    Raises:
        UsageError: what was asked for cannot be done.
    """
    verify_fix_options(options)
    rules = all_rules()
    labels = [*((rule.code, rule.name) for rule in rules), UNREADABLE, CRASHED]
    config = _config(options, labels)
    select = config.select if options.select is None else _selectors(options.select, "--select", labels)
    ignore = (*config.ignore, *_selectors(options.ignore or [], "--ignore", labels))
    gathered = _gather(options, config)
    comments = _comments(gathered.sources, labels)

    chosen = choose(rules, select, ignore)
    wanted = {rule.code for rule in chosen} | ({UNREADABLE[0]} if not any_matches(ignore, *UNREADABLE) else set())

    def is_wanted(finding: Finding, source: Source) -> bool:
        now = {source.name: read_suppressions(source)}
        return finding.code in wanted and not _is_silenced(finding, now, gathered, config)

    sources = gathered.sources
    if options.fix or options.diff:
        shown_unasked = choose(rules, None, ())
        guards = [rule for rule in rules if rule in chosen or rule in shown_unasked]
        sources, findings = with_fixes(gathered, guards, is_wanted, options)
        comments = {source.name: read_suppressions(source) for source in sources}
    else:
        findings = check_sources(sources, chosen)
    findings += [_unread(name, error, UNREADABLE) for name, error in gathered.unread.items()]
    shown = sorted(
        (
            finding
            for finding in findings
            if finding.code == CRASHED[0]
            or (finding.code in wanted and not _is_silenced(finding, comments, gathered, config))
        ),
        key=lambda finding: (placed(finding.location), finding.code),
    )
    if not options.diff:
        _show(shown, sources, options)
    if any(finding.code == CRASHED[0] for finding in shown):
        return EXIT_COULD_NOT_RUN
    return EXIT_FINDINGS if shown else EXIT_CLEAN


def _config(options: argparse.Namespace, labels: Sequence[Label]) -> Config:
    if options.config is not None:
        return read_config(Path(os.path.abspath(options.config)), labels)
    named = [path for path in options.paths if path != STDIN]
    start = named[0] if named else options.stdin_filename or "."
    return find_config(Path(os.path.abspath(start)), labels)


def _selectors(given: Sequence[str], option: str, labels: Sequence[Label]) -> Selectors:
    selectors = tuple(part.strip() for each in given for part in each.split(",") if part.strip())
    verify(selectors, labels, option)
    return selectors


def _gather(options: argparse.Namespace, config: Config) -> Gathered:
    paths = options.paths or ["."]
    if options.stdin_filename is not None and STDIN not in paths:
        raise UsageError(f"--stdin-filename {options.stdin_filename} goes with `{STDIN}` as PATH")
    unsaved = Unsaved(sys.stdin.buffer.read(), options.stdin_filename) if STDIN in paths else None
    named = [Path(path) for path in paths if path != STDIN]
    gathered = gather(named, config, unsaved=unsaved, force_exclude=options.force_exclude)
    if not gathered.sources and not gathered.unread:
        say(f"no Python files in {', '.join(paths)}")
    return gathered


def _unread(name: str, error: OSError, label: Label) -> Finding:
    message = f"cannot be read: {error.strerror or error}"
    return Finding(*label, Severity.ERROR, message, Location(name, 1, 1, 1, 1))


def _comments(sources: Sequence[Source], labels: Sequence[Label]) -> dict[str, tuple[Suppression, ...]]:
    """Return the comments that silence findings by file, and warn of those that name no rule."""
    comments = {source.name: read_suppressions(source) for source in sources}
    for name, suppressions in comments.items():
        for each in suppressions:
            if problem := unknown_selector(each.selectors or (), labels):
                say(f"{name}:{each.row}: {problem}")
    return comments


def _is_silenced(
    finding: Finding, comments: Mapping[str, Sequence[Suppression]], gathered: Gathered, config: Config
) -> bool:
    """Tell whether a comment or the project keeps a finding from being shown."""
    at = placed(finding.location)
    if any(each.silences(finding.code, finding.name, at) for each in comments.get(at.file, ())):
        return True
    path = gathered.paths.get(at.file)
    return path is not None and config.ignores_in(str(path), finding.code, finding.name)


def _show(findings: Sequence[Finding], sources: Sequence[Source], options: argparse.Namespace) -> None:
    if options.output_format == "json":
        print(format_findings(findings))
        return
    console = make_console(sys.stdout, options.color)
    print_findings(findings, {source.name: source for source in sources}, console)
    sys.stdout.flush()
    print(summary(findings, len(sources)), file=sys.stderr)
    if line := hint(findings, options):
        print(line, file=sys.stderr)
