"""Edits of a source text at the spans of its syntax nodes: every other byte stays as it is."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Block = Sequence[ast.stmt]


@dataclass(frozen=True, slots=True)
class Edit:
    """Bytes to put in place of those from `start` to `end`."""

    start: int
    end: int
    new: bytes = b""


Edits = tuple[Edit, ...]


def apply(data: bytes, edits: Iterable[Edit]) -> bytes:
    """Return the data with the edits made; they must not overlap."""
    made, at = [], 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < at:
            raise ValueError(f"edits overlap at byte {edit.start}")
        made += [data[at : edit.start], edit.new]
        at = edit.end
    return b"".join([*made, data[at:]])


class Text:
    """The bytes of a UTF-8 file by row and column, as `ast` counts them.

    The functions that return edits return `None` where the text does not allow them: a statement that shares its
    line, a block with strings over several lines that would have to be indented anew.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._starts = [0]
        for line in data.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._newline = b"\r\n" if b"\r\n" in data else b"\n"

    def span(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[int, int]:
        """Return where the node starts and ends."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._starts[node.lineno - 1] + node.col_offset, self._starts[node.end_lineno - 1] + node.end_col_offset

    def of(self, node: ast.expr | ast.stmt) -> bytes:
        """Return the source of the node."""
        start, end = self.span(node)
        return self.data[start:end]

    def replace(self, node: ast.expr | ast.stmt, new: str | bytes) -> Edits:
        """Put a text in place of a node."""
        return (Edit(*self.span(node), new.encode() if isinstance(new, str) else new),)

    def delete(self, statement: ast.stmt, block: Block) -> Edits | None:
        """Delete a statement with its line; a block that it leaves empty gets a `pass`."""
        lines = self._lines(statement)
        if lines is None:
            return None
        return self.replace(statement, b"pass") if len(block) == 1 else (Edit(*lines),)

    def move(
        self, statement: ast.stmt, block: Block, *, before: ast.stmt | None = None, after: ast.stmt | None = None
    ) -> Edits | None:
        """Move a simple statement to another line."""
        anchor = before or after
        assert anchor is not None
        deleted, lines = self.delete(statement, block), self._lines(anchor)
        if deleted is None or lines is None or isinstance(statement, COMPOUND):
            return None
        indent = self._indent(anchor)
        at = lines[0] if before is not None else lines[1]
        lead = b"" if at == 0 or self.data[at - 1 : at] == b"\n" else self._newline
        return *deleted, Edit(at, at, lead + indent + self.of(statement) + self._newline)

    def insert(
        self, line: str | bytes, *, before: ast.stmt | None = None, after: ast.stmt | None = None
    ) -> Edits | None:
        """Add a line before or after a statement, indented alike."""
        anchor = before or after
        assert anchor is not None
        lines = self._lines(anchor)
        if lines is None:
            return None
        at = lines[0] if before is not None else lines[1]
        new = line.encode() if isinstance(line, str) else line
        lead = b"" if at == 0 or self.data[at - 1 : at] == b"\n" else self._newline
        return (Edit(at, at, lead + self._indent(anchor) + new + self._newline),)

    def unwrap(self, statement: ast.With, header: bytes = b"") -> Edits | None:
        """Take a block out of its `with`, of which `header` remains."""
        lines, first, last = self._lines(statement), statement.body[0], statement.body[-1]
        inside = self._lines(first)
        if lines is None or inside is None or any(_over_lines(node) for node in ast.walk(statement)):
            return None
        assert last.end_lineno is not None
        outer, inner = self._indent(statement), self._indent(first)
        if not inner.startswith(outer) or inner == outer:
            return None
        row = first.lineno - 1
        kept = outer + header + self._newline if header else b""
        return (
            Edit(self._starts[statement.lineno - 1], self._starts[row], kept),
            *(
                Edit(start, start + len(inner), outer)
                for start in self._starts[row : last.end_lineno]
                if self.data.startswith(inner, start)
            ),
        )

    def drop(self, call: ast.Call, argument: ast.expr | ast.keyword) -> Edits:
        """Leave out an argument of a call."""
        given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
        given.sort(key=lambda each: (each.lineno, each.col_offset))
        at = given.index(argument)
        if at:
            return (Edit(self.span(given[at - 1])[1], self.span(argument)[1]),)
        end = self.span(given[1])[0] if len(given) > 1 else self.span(call)[1] - 1
        return (Edit(self.span(argument)[0], end),)

    def delete_decorator(self, decorator: ast.expr) -> Edits | None:
        """Delete a decorator with its line."""
        assert decorator.end_lineno is not None
        start, end = self._starts[decorator.lineno - 1], self._starts[decorator.end_lineno]
        alone = self.data[start : self.span(decorator)[0]].strip() == b"@"
        return (Edit(start, end),) if alone and not self.data[self.span(decorator)[1] : end].strip() else None

    def _indent(self, statement: ast.stmt) -> bytes:
        start = self._starts[statement.lineno - 1]
        return self.data[start : start + statement.col_offset]

    def _lines(self, statement: ast.stmt) -> tuple[int, int] | None:
        """Return the span of the statement's lines, if nothing else stands on them."""
        assert statement.end_lineno is not None
        end = self.span(statement)[1]
        row_end = self._starts[statement.end_lineno]
        rest = self.data[end:row_end].strip()
        if self._indent(statement).strip() or (rest and not rest.startswith(b"#")):
            return None
        return self._starts[statement.lineno - 1], row_end


COMPOUND = (
    *(ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try),
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Match),
)


def _over_lines(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr | ast.Constant) and node.lineno != node.end_lineno
