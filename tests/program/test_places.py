"""Ordinals: the place of a finding, whatever the file looks like."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from trainlint.engine import check_sources
from trainlint.finding import Finding, Location, Related, Severity
from trainlint.operations import Kind
from trainlint.program import facts
from trainlint.program.flow import events
from trainlint.program.lower import lower
from trainlint.program.query import Program
from trainlint.rule import Rule
from trainlint.source.read import Source


class PointAtForwards(Rule):
    """Points at every forward, and at the model's other forwards beside it."""

    code, name, severity = "TL999", "point-at-forwards", Severity.INFO

    def check_program(self, program: Program) -> Iterator[Finding]:
        for root in program.roots:
            forwards = [operation for operation in events(root.tree) if operation.kind is Kind.FORWARD]
            for forward in forwards:
                others = tuple(Related(o.location, o.call) for o in forwards if o is not forward)
                yield self.finding(forward.location, forward.call, related=others)


def locate(data: bytes, name: str = "main.py") -> list[Location]:
    """Return where the forwards of `model` in a source stand."""
    found = check_sources([Source(name, data)], [PointAtForwards()])
    assert {finding.code for finding in found} <= {"TL999"}
    return [finding.location for finding in found if isinstance(finding.location, Location)]


PRELUDE = b"import torch\nmodel = torch.nn.Linear(1, 1)\n"


@pytest.mark.parametrize(
    ("tail", "row", "column", "end_row", "end_column"),
    [
        pytest.param(b"model(x)\n", 3, 1, 3, 9, id="plain"),
        pytest.param(b"model(x)", 3, 1, 3, 9, id="no newline at the end"),
        pytest.param(b"y = model(x)\n", 3, 5, 3, 13, id="inside a statement"),
        pytest.param(b"y = (  model(x) )\n", 3, 8, 3, 16, id="in parentheses of others"),
        pytest.param(b"y = (model)(x)\n", 3, 5, 3, 15, id="parentheses of its own"),
        pytest.param(b"if a:\n\ty = model(x)\n", 4, 6, 4, 14, id="a tab is one column"),
        pytest.param(b"model(\n    x,\n)\n", 3, 1, 5, 2, id="over several lines"),
        pytest.param(b"y = \\\n  model(x)\n", 4, 3, 4, 11, id="after a continued line"),
        pytest.param(b"a; b; model(x); c\n", 3, 7, 3, 15, id="one of several on a line"),
        pytest.param("s = 'äöü€'; model(x)\n".encode(), 3, 13, 3, 21, id="non-ASCII before it"),
        pytest.param("s = '😀'; model(x)\n".encode(), 3, 10, 3, 18, id="outside the basic plane"),
        pytest.param("# 名前\n\n\nmodel(x)\n".encode(), 6, 1, 6, 9, id="comments and blank lines"),
        pytest.param(b'"""\n\n"""\nmodel(x)\n', 6, 1, 6, 9, id="after a string of several lines"),
        pytest.param(b"s = '\x0c'\n\x0c\nmodel(x)\n", 5, 1, 5, 9, id="form feeds"),
        pytest.param(b"print(f'{model(x)}')\n", 3, 10, 3, 18, id="in an f-string"),
        pytest.param(b"y = [model(x) for x in a]\n", 3, 6, 3, 14, id="in a comprehension"),
    ],
)
class TestPosition:
    def test_it_is_that_of_the_call(self, tail: bytes, row: int, column: int, end_row: int, end_column: int) -> None:
        assert locate(PRELUDE + tail) == [Location("main.py", row, column, end_row, end_column)]

    def test_it_does_not_change_with_windows_line_ends(
        self, tail: bytes, row: int, column: int, end_row: int, end_column: int
    ) -> None:
        data = (PRELUDE + tail).replace(b"\n", b"\r\n")
        assert locate(data) == [Location("main.py", row, column, end_row, end_column)]

    def test_it_does_not_change_with_a_byte_order_mark(
        self, tail: bytes, row: int, column: int, end_row: int, end_column: int
    ) -> None:
        data = b"\xef\xbb\xbf" + PRELUDE + tail
        assert locate(data) == [Location("main.py", row, column, end_row, end_column)]


def test_a_byte_order_mark_does_not_shift_the_first_row() -> None:
    data = b"\xef\xbb\xbfimport torch; model = torch.nn.Linear(1, 1); model(x)\n"
    assert locate(data) == [Location("main.py", 1, 46, 1, 54)]


def test_old_mac_line_ends_count_as_lines() -> None:
    assert locate(PRELUDE.replace(b"\n", b"\r") + b"model(x)\r") == [Location("main.py", 3, 1, 3, 9)]


def test_a_declared_encoding_is_followed() -> None:
    data = b"# -*- coding: latin-1 -*-\n" + PRELUDE + b"s = '\xe4\xf6'; model(x)\n"
    assert locate(data) == [Location("main.py", 4, 11, 4, 19)]


def test_each_call_of_a_chain_has_its_own_place() -> None:
    assert locate(PRELUDE + b"model(model(x))\n") == [
        Location("main.py", 3, 1, 3, 16),
        Location("main.py", 3, 7, 3, 15),
    ]


def test_related_places_are_resolved_too_also_in_other_files() -> None:
    helper = Source("helper.py", b"import torch\n\n\ndef apply(model, x):\n    return model(x)\n")
    main = Source("main.py", b"import torch\nfrom helper import apply\n" + PRELUDE + b"model(x)\napply(model, x)\n")
    first, second = check_sources([main, helper], [PointAtForwards()])
    assert (first.location, second.location) == (
        Location("helper.py", 5, 12, 5, 20),
        Location("main.py", 5, 1, 5, 9),
    )
    assert [related.location for related in first.related] == [second.location]


TEXTS = [
    "f(g(h(a), b), c)\n",
    "x = y = f(a)\n",
    "def f(a=g()):\n    return h(a)\nclass K(b()):\n    x = f(1)\n",
    "@d(1)\ndef f(): pass\n",
    "[f(x) for x in g(y) if h(x)]\n",
    "with f() as x, g() as y:\n    h()\n",
    "f()[g()](h(), *i(), **j())\n",
    "a if f() else g()\n",
    "lambda x=f(): g(x)\n",
    "match f():\n    case _ if g():\n        h()\n",
    "print(f'{f(a)} {g(b)!r}')\n",
    "x: int = f(a)\n",
    "x += f(a)\n",
    "assert f(a), g(b)\n",
    "while f(a):\n    g(b)\nfor x in f(a): pass\n",
]


POINTED = {
    facts.Call: ast.Call,
    facts.Assign: (ast.Assign, ast.AnnAssign),
    facts.Augment: ast.AugAssign,
    facts.Evaluate: (ast.Expr, ast.Assert),
    facts.For: ast.For,
    facts.While: ast.While,
    facts.Function: ast.FunctionDef,
    facts.Class: ast.ClassDef,
}


@pytest.mark.parametrize("text", TEXTS)
def test_an_ordinal_belongs_to_the_node_that_it_was_given_for(text: str) -> None:
    module = ast.parse(text)
    lowered = lower("main.py", module)
    pointed = dict(ordinals_in(lowered))
    assert sorted(pointed) == list(range(len(lowered.positions) // 4)), "one for each fact, and none is left over"
    nodes: dict[tuple[int, ...], list[ast.AST]] = {}
    for node in ast.walk(module):
        if isinstance(node, (ast.stmt, ast.expr)):
            span = (node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)
            nodes.setdefault(span, []).append(node)
    for ordinal, kind in pointed.items():
        assert any(isinstance(node, POINTED[kind]) for node in nodes[lowered.span(ordinal)])  # type: ignore[arg-type]


@pytest.mark.parametrize("text", TEXTS)
def test_a_call_is_shown_by_the_code_of_its_node(text: str) -> None:
    lowered = lower("main.py", ast.parse(text))
    lines = text.splitlines()
    for call in calls_in(lowered):
        row, column, end_row, end_column = lowered.span(call.ordinal)
        assert row == end_row
        code = lines[row - 1][column:end_column]
        assert code.startswith(facts.render(call.callee)) or "…" in facts.render(call.callee)


def test_ordinals_are_the_same_each_time() -> None:
    text = "".join(TEXTS)
    first, second = (lower("main.py", ast.parse(text)) for _ in range(2))
    assert list(ordinals_in(first)) == list(ordinals_in(second))
    assert first.positions == second.positions


def nodes_in(node: object) -> Iterator[object]:
    """Yield a fact and all facts inside it."""
    if isinstance(node, tuple):
        for child in node:
            yield from nodes_in(child)
    elif hasattr(node, "__dataclass_fields__"):
        yield node
        for name in node.__dataclass_fields__:
            yield from nodes_in(getattr(node, name))


def ordinals_in(lowered: facts.FileFacts) -> Iterator[tuple[int, type]]:
    for node in nodes_in(lowered):
        if type(node) in POINTED:
            yield node.ordinal, type(node)  # type: ignore[attr-defined]


def calls_in(lowered: facts.FileFacts) -> Iterator[facts.Call]:
    for node in nodes_in(lowered):
        if isinstance(node, facts.Call):
            yield node
