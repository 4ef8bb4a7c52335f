"""Run the rules over a program, and place what they found."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from trainlint.edit import relocated
from trainlint.finding import Confidence, Finding, Location, Place, Related, Severity
from trainlint.operations import Kind, Operation
from trainlint.program.facts import FileFacts
from trainlint.program.gate import can_matter, imported_by, imports_any, module_word
from trainlint.program.lower import lower
from trainlint.program.parse import TOO_DEEP, UnreadableError, parse
from trainlint.program.query import Program
from trainlint.program.walk import TooManyPathsError, walk
from trainlint.rule import Rule, State
from trainlint.source.read import Source, decode, split_lines

UNREADABLE = ("TL001", "file-not-read")
CRASHED = ("TL002", "rule-crashed")


def check_sources(sources: Sequence[Source], rules: Sequence[Rule]) -> list[Finding]:
    """Return what the rules find in the sources, placed, once each, sorted by file and position."""
    with _uncollected():
        files, findings = read_facts(sources)
        program = Program(files)
        found: list[Finding] = []
        for rule in rules:
            found.extend(_guarded(rule, lambda rule=rule: _check(rule, program), files))  # type: ignore[misc]
        findings.extend(_placed(found, files, sources))
    return sorted(_once(findings), key=_order)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from walking again and again over facts that live to the end anyway."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:  # what is left counts as old: walking over all of it now would find next to nothing
            gc.freeze()
            gc.enable()
            gc.unfreeze()


def read_facts(sources: Sequence[Source]) -> tuple[list[FileFacts], list[Finding]]:
    """Return the facts of the files that can matter, and a finding for each file that does not parse.

    A file matters that mentions something of training, or that such a file imports, or that imports such a file, as a
    script does that only calls the trainer. The others are parsed only to tell whether they are Python.
    """
    files: list[FileFacts] = []
    findings: list[Finding] = []
    others: list[Source] = []

    def read(source: Source, matters: bool) -> None:
        try:
            module = parse(source)
            if matters:
                files.append(lower(source.name, module))
        except UnreadableError as error:
            findings.append(_unreadable(source, error))
        except RecursionError:
            findings.append(_unreadable(source, UnreadableError(1, 1, TOO_DEEP)))

    for source in sources:
        if can_matter(source.data):
            read(source, True)
        else:
            others.append(source)
    imported, known = imported_by(files), {module_word(file.name) for file in files}
    for source in others:
        read(source, module_word(source.name) in imported or imports_any(source.data, known))
    return files, findings


def _unreadable(source: Source, error: UnreadableError) -> Finding:
    message = f"cannot be read: {error.reason}"
    return Finding(*UNREADABLE, Severity.ERROR, message, Location(source.name, error.row, error.column))


def _check(rule: Rule, program: Program) -> Iterator[Finding]:
    yield from rule.check_program(program)
    if not rule.follows:
        return
    telling = rule.follows - {Kind.UNKNOWN}  # what may be anything is not judged
    for root in program.roots:
        kinds = program.kinds(root)
        if kinds.isdisjoint(telling) or not rule.needs <= kinds:
            continue
        judged: list[Finding] = []
        reached: dict[int, tuple[Operation, set[State]]] = {}

        def visit(
            operation: Operation,
            states: frozenset[State],
            judged: list[Finding] = judged,
            reached: dict[int, tuple[Operation, set[State]]] = reached,
        ) -> None:
            if rule.judges_whole:
                reached.setdefault(id(operation), (operation, set()))[1].update(states)
            else:
                judged.extend(rule.judge(operation, states))

        try:
            walk(program.tree(root, rule.follows), rule.start, rule.advance, visit)
        except (TooManyPathsError, RecursionError):
            continue
        yield from judged
        for operation, states in reached.values():
            yield from rule.judge(operation, frozenset(states))


def _guarded(rule: Rule, check: Callable[[], Iterable[Finding]], files: list[FileFacts]) -> list[Finding]:
    """Run one rule; if it crashes, that is a finding about trainlint, and the other rules still run."""
    try:
        return list(check())
    except Exception as error:  # a bug of trainlint's own must not hide what the other rules find
        file = files[0].name if files else "."
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        line = "" if trace is None else f" ({trace.tb_frame.f_code.co_filename}:{trace.tb_lineno})"
        message = f"{rule.code} {rule.name} crashed: {type(error).__name__}: {error}{line}"
        return [Finding(*CRASHED, Severity.ERROR, message, Location(file, 1))]


def _placed(findings: list[Finding], files: list[FileFacts], sources: Sequence[Source]) -> Iterator[Finding]:
    """Give findings the locations of the places that they point to."""
    spans = {file.name: file.span for file in files}
    data = {source.name: source.data for source in sources}
    lines: dict[str, list[str]] = {}

    def column(file: str, row: int, offset: int) -> int:
        """Return the column of a character, where Python's parser counts bytes of UTF-8."""
        if file not in lines:
            lines[file] = split_lines(decode(data[file]))
        return len(lines[file][row - 1].encode()[:offset].decode(errors="replace")) + 1

    def locate(place: Place | Location) -> Location:
        if isinstance(place, Location):
            return place
        file = place.file
        row, start, end_row, end = spans[file](place.ordinal)
        return Location(file, row, column(file, row, start), end_row, column(file, end_row, end))

    for finding in findings:
        related = tuple(Related(locate(r.location), r.message) for r in finding.related)
        fix = finding.fix
        if fix is not None and fix.edits:
            fix = replace(fix, edits=tuple(relocated(edit, locate) for edit in fix.edits))
        yield replace(finding, location=locate(finding.location), related=related, fix=fix)


def _once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Keep one finding of a code at a place: the one with the highest confidence."""
    kept: dict[tuple[str, object, str], Finding] = {}
    for finding in findings:
        key = (finding.code, finding.location, finding.message if finding.code == CRASHED[0] else "")
        known = kept.get(key)
        if known is None or (finding.confidence is Confidence.HIGH and known.confidence is not Confidence.HIGH):
            kept[key] = finding
    yield from kept.values()


def _order(finding: Finding) -> tuple[str, int, int, str]:
    location = finding.location
    assert isinstance(location, Location)
    return location.file, location.row, location.column, finding.code
