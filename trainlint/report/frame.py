"""A code frame: the lines around marked places, with numbers, underlines and a message beside each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from trainlint.finding import Location
from trainlint.report.listing import Listing
from trainlint.report.visible import visible

CONTEXT = 2  # lines before and after the place that a frame is about
MAX_MARKED = 4  # lines of one place that are underlined; the rest of a longer one is not shown
MIN_WIDTH = 40  # cells for code, however narrow the terminal is
_NUMBERS = "blue"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place to underline with `sign`, what to say of it, and how many lines around it to show."""

    location: Location
    sign: str
    style: str
    message: str = ""
    context: int = CONTEXT

    @property
    def last_row(self) -> int:
        """The last row to underline."""
        return min(max(self.location.end_row, self.location.row), self.location.row + MAX_MARKED - 1)

    def span(self, row: int, line: str) -> tuple[int, int]:
        """Return the first character to underline in a row (from 0), and the one after the last.

        Without an end it is one character, or where no column is known either, the whole row.
        """
        at = self.location
        whole = not at.end_row and at.column == 1
        start = at.column - 1 if row == at.row and not whole else len(line) - len(line.lstrip())
        stop = len(line.rstrip())
        if not at.end_row and not whole:
            stop = at.column
        elif row == at.end_row:
            stop = at.end_column - 1
        return min(start, len(line)), min(stop, len(line))


def frame(listing: Listing, marks: Sequence[Mark], console: Console) -> Iterator[Text]:
    """Yield the lines of the frame around all the marks."""
    rows = _rows_to_show(marks, listing.lines)
    page = _Page(listing, console, len(str(max(rows, default=0))))
    previous = None
    for row in rows:
        if previous is not None and row > previous + 1:
            yield page.gap()
        previous = row
        yield from page.row(row, [mark for mark in marks if mark.location.row <= row <= mark.last_row])


def _rows_to_show(marks: Sequence[Mark], lines: Sequence[str]) -> list[int]:
    marked = {row for mark in marks for row in range(mark.location.row, mark.last_row + 1)}
    rows = {
        row
        for mark in marks
        for row in range(mark.location.row - mark.context, mark.last_row + mark.context + 1)
        if 1 <= row <= len(lines)
    }
    # A gap of one line takes as much room as the line.
    shown = sorted(rows | {row + 1 for row in rows if row + 2 in rows})
    while shown and shown[0] not in marked and not lines[shown[0] - 1].strip():
        del shown[0]
    while shown and shown[-1] not in marked and not lines[shown[-1] - 1].strip():
        del shown[-1]
    return shown


@dataclass(frozen=True, slots=True)
class _Page:
    """How the rows of one frame are laid out."""

    listing: Listing
    console: Console
    digits: int

    def sign(self, pretty: str, plain: str) -> str:
        return plain if self.console.options.ascii_only else pretty

    @property
    def width(self) -> int:
        """The cells to the right of the line numbers."""
        return max(self.console.width - self.digits - len("   | "), MIN_WIDTH)

    def gap(self) -> Text:
        return Text(f"  {self.sign('⋮', '...'):>{self.digits}}", _NUMBERS)

    def line(self, code: Text, row: int | None = None) -> Text:
        number = "" if row is None else str(row)
        line = Text.assemble((f"  {number:>{self.digits}} {self.sign('│', '|')} ", _NUMBERS), code)
        line.rstrip()
        return line

    def row(self, row: int, marks: Sequence[Mark]) -> Iterator[Text]:
        """Yield the code of a row, cut so that the first place marked in it shows, and what marks it."""
        line = self.listing.lines[row - 1]
        spans = [mark.span(row, line) for mark in marks]
        first = self.first_shown(row, min((start for start, _ in spans), default=0))
        cut = self.sign("…", "...")
        lead = Text(cut if first else "")
        code = Text.assemble(lead, self.listing.piece(row, first, first + self.width + 1))
        if code.cell_len > self.width:
            code.truncate(self.width - len(cut))
            code.append(cut)
        yield self.line(code, row)
        for mark, (start, stop) in zip(marks, spans, strict=True):
            if start < stop or mark.location.row == mark.last_row:
                begin, end = (
                    min(lead.cell_len + self.listing.piece(row, first, at).cell_len, self.width)
                    for at in (start, min(stop, first + self.width))
                )
                message = mark.message if row == mark.last_row else ""
                yield from map(self.line, self.underline(begin, end, mark, message))

    def first_shown(self, row: int, start: int) -> int:
        """Return the first character of a row to show: 0, unless that at `start` would be out of sight."""
        third = self.width // 3
        if start <= self.width and self.listing.piece(row, 0, start + third).cell_len <= self.width:
            return 0
        return max(start - third, 0)

    def underline(self, begin: int, end: int, mark: Mark, message: str) -> Iterator[Text]:
        line = Text(" " * begin + mark.sign * max(end - begin, 1), mark.style)
        said = Text(visible(message), mark.style)
        fits = line.cell_len + 1 + said.cell_len <= self.width
        yield Text(" ").join([line, said]) if fits else line
        if fits or not message:
            return
        indent = min(begin, self.width // 3)
        yield from indented(said, indent, self.width - indent, self.console)


def indented(text: Text, indent: int, width: int, console: Console) -> Iterator[Text]:
    """Yield the text in lines of at most `width` cells, each after `indent` spaces."""
    for line in text.wrap(console, width):
        line.rstrip()
        yield Text.assemble(" " * indent, line)
