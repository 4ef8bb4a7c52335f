"""Show findings to a person: where, what, the code with the place marked, and the way out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.text import Text

from trainlint.finding import Finding, Location, Severity
from trainlint.report.frame import Mark, frame, indented
from trainlint.report.listing import Listing
from trainlint.report.location import placed
from trainlint.report.visible import visible
from trainlint.source.read import Source

_STYLES = {Severity.ERROR: "bold red", Severity.WARN: "bold yellow", Severity.INFO: "bold cyan"}
_NOUNS = {Severity.ERROR: "error", Severity.WARN: "warning", Severity.INFO: "advice"}
_RELATED = "blue"


def print_findings(findings: Sequence[Finding], sources: Mapping[str, Source], console: Console) -> None:
    """Print the findings one after the other; `sources` gives the files to show by name."""
    listings: dict[str, Listing] = {}
    for finding in findings:
        for place in (finding.location, *(each.location for each in finding.related)):
            if place.file in sources and place.file not in listings:
                coloured = console.color_system is not None
                listings[place.file] = Listing(sources[place.file], coloured=coloured)
        # The lines are cut to size already; what is longer is left to the terminal, so that it copies well.
        console.print(Text("\n").join(_lines(finding, listings, console)), soft_wrap=True)


def summary(findings: Sequence[Finding], checked: int) -> str:
    """Return the closing line."""
    files = _count(checked, "file")
    if not findings:
        return f"No findings in {files}"
    kinds = Counter(finding.severity for finding in findings)
    shares = ", ".join(_count(kinds[severity], _NOUNS[severity]) for severity in Severity if kinds[severity])
    return f"Found {_count(len(findings), 'finding')} ({shares}) in {files}"


def _count(number: int, noun: str) -> str:
    plural = noun if number == 1 or noun == "advice" else noun + "s"
    return f"{number} {plural}"


def _lines(finding: Finding, listings: Mapping[str, Listing], console: Console) -> Iterator[Text]:
    at, style = placed(finding.location), _STYLES[finding.severity]
    kind = (f"[{finding.severity.value}]", style)
    yield Text.assemble(_where(at), ": ", (finding.code, style), f" {finding.name} ", kind)
    message = _prose(finding.message)
    # What goes to a file or a program stays on one line, to be searched.
    width = console.width - 2 if console.is_terminal else message.cell_len
    yield from indented(message, 2, width, console)
    marks = [Mark(at, "^", style)]
    marks += [Mark(placed(each.location), "-", _RELATED, each.message, context=0) for each in finding.related]
    for file, there in _by_file(marks):
        if file != at.file:
            yield Text.assemble("  --> ", _where(there[0].location))
        if file in listings:
            yield from frame(listings[file], there, console)
        else:
            yield from (Text(f"      {visible(mark.message)}", mark.style) for mark in there if mark.message)
    if finding.fix:
        yield Text.assemble("  = ", ("help", "bold"), ": ", _prose(finding.fix.title))
    yield Text()


def _by_file(marks: Sequence[Mark]) -> Iterator[tuple[str, list[Mark]]]:
    """Group the marks by file, the file of the first mark first."""
    for file in dict.fromkeys(mark.location.file for mark in marks):
        yield file, [mark for mark in marks if mark.location.file == file]


def _where(location: Location) -> Text:
    return Text.assemble((visible(location.file), "bold"), f":{location.row}:{location.column}")


def _prose(text: str) -> Text:
    """Return a line of ours, with the user's names in it, between backticks, set off."""
    prose = Text(visible(text))
    prose.highlight_regex("`[^`]+`", "bold")
    return prose
