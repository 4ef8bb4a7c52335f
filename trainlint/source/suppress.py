"""Comments that silence findings: `# trainlint: ignore[TL301]`, with codes or names, or bare for every rule.

A comment counts for findings that begin on its line; in a statement over several lines also for those that
end there; at the end of the statement for all that begin in it. Formatters put comments in these places.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from trainlint.finding import Location
from trainlint.selection import Selectors, any_matches
from trainlint.source.read import LINE_END, Source, decode

COMMENT = re.compile(r"#\s*trainlint:\s*ignore(?![\w-])(?P<list>\s*\[(?P<selectors>[^\]]*)(?P<closed>\])?)?")
_NO_STATEMENT = (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment, and the rows of the statement in which it stands. `selectors` is `None` for every rule."""

    row: int
    first_row: int
    last_row: int
    selectors: Selectors | None

    def covers(self, location: Location) -> bool:
        """Tell whether the comment is about this place."""
        if location.row == self.row:
            return True
        within = self.first_row <= location.row <= self.last_row
        return within and self.row in (location.end_row, self.last_row)

    def silences(self, code: str, name: str, location: Location) -> bool:
        """Tell whether a finding of that code and name at this place is not to be shown."""
        return self.covers(location) and (self.selectors is None or any_matches(self.selectors, code, name))


def read_suppressions(source: Source) -> tuple[Suppression, ...]:
    """Return the comments of a file that silence findings, in order."""
    if b"trainlint:" not in source.data:
        return ()
    found: list[Suppression] = []
    for comments, first_row, last_row in _statements(decode(source.data)):
        for row, comment in comments:
            found.extend(
                Suppression(row, first_row, last_row, _selectors(match)) for match in COMMENT.finditer(comment)
            )
    return tuple(found)


def _selectors(match: re.Match[str]) -> Selectors | None:
    if match["list"] is None:
        return None
    written = match["selectors"] if match["closed"] else match["list"].strip()
    return tuple(part.strip() for part in written.split(",") if part.strip())


Comments = list[tuple[int, str]]


def _statements(text: str) -> Iterator[tuple[Comments, int, int]]:
    """Yield the comments of each statement (or between statements) with its first and last row.

    Where the text stops being Python, the rest is read line by line.
    """
    text = LINE_END.sub("\n", text)
    comments: Comments = []
    first_row = last_row = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            last_row = token.end[0]
            if token.type == tokenize.COMMENT:
                comments.append((token.start[0], token.string))
            elif token.type == tokenize.NEWLINE:
                yield comments, first_row or token.start[0], token.start[0]
                comments, first_row = [], 0
            elif token.type not in _NO_STATEMENT and not first_row:
                first_row = token.start[0]
            if not first_row and comments:
                yield comments, comments[0][0], comments[0][0]
                comments = []
    except (tokenize.TokenError, SyntaxError, ValueError):
        lines = text.split("\n")
        for row in range(first_row or last_row + 1, len(lines) + 1):
            yield [(row, lines[row - 1])], row, row
