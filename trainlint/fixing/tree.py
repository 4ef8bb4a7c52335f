"""The concrete syntax of a file: its nodes by place, what is around them, and copies with a node changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from trainlint.finding import Location, Place


class CannotEditError(Exception):
    """An edit that does not fit the code; the message says why."""


_N = TypeVar("_N", bound=cst.CSTNode)
Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
Replacement = cst.CSTNode | cst.FlattenSentinel | cst.RemovalSentinel  # type: ignore[type-arg]


Change = tuple[cst.CSTNode, Callable[[cst.CSTNode], Replacement]]


class Tree:
    """A parsed file."""

    def __init__(self, data: bytes) -> None:
        try:
            self.module = cst.parse_module(data)
        except (cst.ParserSyntaxError, RecursionError, UnicodeDecodeError) as error:
            raise CannotEditError("libcst cannot parse the file") from error
        if self.module.bytes != data:
            raise CannotEditError("libcst does not give the file back as it is")
        # Nothing is changed in place, and a copy costs as much as parsing.
        wrapper = MetadataWrapper(self.module, unsafe_skip_copy=True)
        self.spans: dict[cst.CSTNode, CodeRange] = dict(wrapper.resolve(PositionProvider))
        self.parents: dict[cst.CSTNode, cst.CSTNode] = {}
        waiting: list[cst.CSTNode] = [self.module]
        while waiting:
            node = waiting.pop()
            for child in node.children:
                self.parents[child] = node
                waiting.append(child)

    def at(self, location: Place | Location | None, *kinds: type[_N]) -> _N:
        """Return the outermost node of these kinds that has exactly this span."""
        assert isinstance(location, Location)
        start, end = (location.row, location.column - 1), (location.end_row, location.end_column - 1)
        for node, span in self.spans.items():
            found = (span.start.line, span.start.column), (span.end.line, span.end.column)
            if isinstance(node, kinds) and found == (start, end):
                return node
        raise CannotEditError("the code is not of the form that the fix knows")

    def holds(self, node: cst.CSTNode, place: Place | Location | None) -> bool:
        """Tell whether a place lies inside a node."""
        span = self.spans[node]
        assert isinstance(place, Location)
        end = (span.end.line, span.end.column)
        return self.start(node) <= (place.row, place.column - 1) and (place.end_row, place.end_column - 1) <= end

    def start(self, node: cst.CSTNode) -> tuple[int, int]:
        """Return where a node begins: row and column."""
        span = self.spans[node]
        return span.start.line, span.start.column

    def around(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield a node and what is around it, the innermost first."""
        current: cst.CSTNode | None = node
        while current is not None:
            yield current
            current = self.parents.get(current)

    def inside(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield a node and what is inside it, in the order of the text."""
        waiting = [node]
        while waiting:
            current = waiting.pop()
            yield current
            waiting.extend(reversed(current.children))

    def small_statement(self, node: cst.CSTNode) -> cst.BaseSmallStatement | cst.BaseCompoundStatement:
        """Return the innermost statement in which a node stands, or the node itself."""
        for each in self.around(node):
            if isinstance(each, (cst.BaseSmallStatement, cst.BaseCompoundStatement)):
                return each
        raise CannotEditError("the code stands in no statement")

    def line(self, node: cst.CSTNode) -> Statement:
        """Return the statement with a line of its own in which a node stands."""
        statement = self.small_statement(node)
        if isinstance(statement, cst.BaseCompoundStatement):
            return statement
        parent = self.parents[statement]
        if isinstance(parent, cst.SimpleStatementLine) and len(parent.body) == 1:
            return parent
        raise CannotEditError("the statement shares its line with others")

    def scope(self, node: cst.CSTNode) -> cst.FunctionDef | cst.Module:
        """Return the function, or the file, in which a node stands."""
        for each in self.around(node):
            if isinstance(each, (cst.FunctionDef, cst.Module)) and each is not node:
                return each
        return self.module

    def text(self, node: cst.CSTNode) -> str:
        """Return the code of a node."""
        return self.module.code_for_node(node)

    def expression(self, code: str) -> cst.BaseExpression:
        """Return code as an expression."""
        try:
            return cst.parse_expression(code, self.module.config_for_parsing)
        except cst.ParserSyntaxError as error:
            raise CannotEditError(f"`{code}` is no expression") from error

    def statement(self, code: str) -> cst.SimpleStatementLine:
        """Return code as a statement on its own line."""
        parsed = cst.parse_statement(code, self.module.config_for_parsing)
        assert isinstance(parsed, cst.SimpleStatementLine)
        return parsed

    def changed(self, *changes: Change) -> cst.Module:
        """Return a copy in which these nodes are what the functions make of them."""
        return self.module.visit(_Changer(changes))


class _Changer(cst.CSTTransformer):
    def __init__(self, changes: Sequence[Change]) -> None:
        super().__init__()
        self.changes = {id(node): change for node, change in changes}

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> Replacement:  # type: ignore[override]
        change = self.changes.get(id(original_node))
        return updated_node if change is None else change(updated_node)
