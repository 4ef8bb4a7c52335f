"""The lines of a source file, as they can be shown, with quiet colours."""

from __future__ import annotations

import io
import keyword
import tokenize
from collections import defaultdict
from collections.abc import Mapping, Sequence

from rich.text import Text

from trainlint.report.visible import visible
from trainlint.source.read import Source, decode, split_lines

TAB_WIDTH = 4
MAX_COLOURED = 500_000  # characters; colours for more would cost the better part of a second

# The terminal's own colours, so that they fit a light and a dark one; the marks under the code are louder.
_STYLES = {tokenize.COMMENT: "dim", tokenize.NUMBER: "cyan", tokenize.STRING: "green"}
_STYLES |= {
    getattr(tokenize, name): "green"
    for name in (
        "FSTRING_START",
        "FSTRING_MIDDLE",
        "FSTRING_END",
        "TSTRING_START",
        "TSTRING_MIDDLE",
        "TSTRING_END",
    )
    if hasattr(tokenize, name)
}

_Spans = Mapping[int, Sequence[tuple[int, int, str]]]


class Listing:
    """The lines of one file."""

    def __init__(self, source: Source, *, coloured: bool) -> None:
        self.lines = split_lines(decode(source.data))
        self._spans = _spans(self.lines) if coloured and len(source.data) <= MAX_COLOURED else {}

    def piece(self, row: int, start: int, stop: int) -> Text:
        """Return the characters `start` to `stop` (from 0) of a row (from 1), with tabs as spaces."""
        text = Text(visible(self.lines[row - 1][start:stop]))
        for span_start, span_stop, style in self._spans.get(row, ()):
            text.stylize(style, max(span_start - start, 0), max(span_stop - start, 0))
        text.expand_tabs(TAB_WIDTH)
        return text


def _spans(lines: Sequence[str]) -> _Spans:
    """Return what to colour in each row, as far as the text is Python."""
    spans: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(lines)).readline):
            style = "magenta" if keyword.iskeyword(token.string) else _STYLES.get(token.type)
            if style is None:
                continue
            (first, start), (last, stop) = token.start, token.end
            for row in range(first, last + 1):
                end = stop if row == last else len(lines[row - 1])
                spans[row].append((start if row == first else 0, end, style))
    except (tokenize.TokenError, SyntaxError, ValueError):
        pass
    return spans
