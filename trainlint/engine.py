"""Run the rules over a program, and place what they found."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from trainlint.finding import Confidence, Finding, Location, Place, Related, Severity
from trainlint.operations import Operation
from trainlint.program.facts import FileFacts
from trainlint.program.flow import TooManyPathsError, walk
from trainlint.program.gate import can_matter, imported_by, module_word
from trainlint.program.lower import lower
from trainlint.program.query import Program
from trainlint.rule import Rule, State
from trainlint.source.read import Source

UNREADABLE = ("TL001", "file-not-read")
CRASHED = ("TL002", "rule-crashed")


def check_sources(sources: Sequence[Source], rules: Sequence[Rule]) -> list[Finding]:
    """Return what the rules find in the sources, placed, once each, sorted by file and position."""
    by_name = {source.name: source for source in sources}
    files, findings = read_facts(sources)
    program = Program(files)
    found: list[Finding] = []
    for rule in rules:
        found.extend(_guarded(rule, lambda rule=rule: _check(rule, program), files))  # type: ignore[misc]
    findings.extend(_placed(found, by_name))
    return sorted(_once(findings), key=_order)


def read_facts(sources: Sequence[Source]) -> tuple[list[FileFacts], list[Finding]]:
    """Return the facts of the files that can matter, and a finding for each file that does not parse.

    A file matters that mentions something of training, or that such a file imports. The others are parsed with `ast`,
    which is much faster, only to tell whether they are Python.
    """
    files: list[FileFacts] = []
    findings: list[Finding] = []
    others: list[Source] = []

    def read(source: Source) -> None:
        try:
            files.append(_parse(source)[0])
        except _UNPARSABLE as error:
            findings.append(_unreadable(source, error))

    for source in sources:
        if can_matter(source.data):
            read(source)
        else:
            others.append(source)
    imported = imported_by(files)
    for source in others:
        if module_word(source.name) in imported or not _is_python(source.data):
            read(source)
    return files, findings


_UNPARSABLE = (cst.ParserSyntaxError, SyntaxError, UnicodeDecodeError, RecursionError, ValueError, LookupError)


def _is_python(data: bytes) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the checked code would be warned of is not ours to say
            ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _check(rule: Rule, program: Program) -> Iterator[Finding]:
    yield from rule.check_program(program)
    if not rule.follows:
        return
    for root in program.roots:
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


def _parse(source: Source) -> tuple[FileFacts, list[cst.CSTNode], cst.Module]:
    if _bracket_depth(source.data) > MAX_BRACKETS and not _is_python(source.data):
        raise RecursionError
    module = cst.parse_module(source.data)
    facts, nodes = lower(source.name, module)
    return facts, nodes, module


# CPython gives up on more nested brackets than this (MAXLEVEL in Parser/tokenizer.c); libcst's parser runs out of stack
# somewhere past 1,000, and takes the process with it.
MAX_BRACKETS = 200


def _bracket_depth(data: bytes) -> int:
    """Return how deeply brackets are nested at most; those in strings and comments count as well."""
    depth = deepest = 0
    for bracket in re.findall(rb"[()\[\]{}]", data):
        depth += 1 if bracket in b"([{" else -1
        deepest = max(deepest, depth)
    return deepest


def _unreadable(source: Source, error: Exception) -> Finding:
    row, column, reason = 1, 1, str(error) or type(error).__name__
    match error:
        case cst.ParserSyntaxError():
            row, column, reason = _syntax_error(source.data, error)
        case RecursionError():
            reason = "it is nested too deeply"
        case UnicodeDecodeError():
            row = source.data.count(b"\n", 0, error.start) + 1
            reason = f"byte {error.start} is not {error.encoding}"
    return Finding(*UNREADABLE, Severity.ERROR, f"cannot be read: {reason}", Location(source.name, row, column))


def _syntax_error(data: bytes, error: cst.ParserSyntaxError) -> tuple[int, int, str]:
    """Return row, column and reason: those of the running Python, which are closer, where it finds an error as well."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(data)
    except SyntaxError as closer:
        return closer.lineno or error.raw_line, closer.offset or 1, closer.msg
    except (ValueError, RecursionError, MemoryError):
        pass
    return error.raw_line, error.raw_column + 1, "the syntax is not Python's"


def _placed(findings: list[Finding], sources: dict[str, Source]) -> Iterator[Finding]:
    """Compute positions, in the files that a finding points to only."""
    wanted: dict[str, set[int]] = {}
    for finding in findings:
        for place in (finding.location, *(related.location for related in finding.related)):
            if isinstance(place, Place):
                wanted.setdefault(place.file, set()).add(place.ordinal)
    located: dict[Place, Location] = {}
    for name, ordinals in wanted.items():
        _, nodes, module = _parse(sources[name])
        positions = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
        for ordinal in ordinals:
            span = positions[nodes[ordinal]]
            assert isinstance(span, CodeRange)
            located[Place(name, ordinal)] = Location(
                name, span.start.line, span.start.column + 1, span.end.line, span.end.column + 1
            )

    def locate(place: Place | Location) -> Location:
        return located[place] if isinstance(place, Place) else place

    for finding in findings:
        related = tuple(Related(locate(r.location), r.message) for r in finding.related)
        yield replace(finding, location=locate(finding.location), related=related)


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
