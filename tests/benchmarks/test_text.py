"""Edits of a source text."""

from __future__ import annotations

import ast

import pytest

from benchmarks.accuracy.text import Edit, Text, apply


def read(source: str) -> tuple[Text, list[ast.stmt]]:
    return Text(source.encode()), ast.parse(source).body


def edited(text: Text, edits: tuple[Edit, ...] | None) -> str | None:
    return None if edits is None else apply(text.data, edits).decode()


def test_apply_refuses_edits_that_overlap() -> None:
    with pytest.raises(ValueError, match="overlap"):
        apply(b"abc", [Edit(0, 2), Edit(1, 3)])


def test_delete_takes_the_line_with_its_comment() -> None:
    text, body = read("a = 1\nb = 2  # why\nc = 3\n")
    assert edited(text, text.delete(body[1], body)) == "a = 1\nc = 3\n"


def test_delete_leaves_a_pass_in_an_empty_block() -> None:
    text, body = read("if a:\n    b()  # why\n")
    assert isinstance(body[0], ast.If)
    assert edited(text, text.delete(body[0].body[0], body[0].body)) == "if a:\n    pass  # why\n"


def test_statement_that_shares_its_line_is_not_deleted() -> None:
    text, body = read("a = 1; b = 2\n")
    assert text.delete(body[0], body) is None
    assert text.delete(body[1], body) is None


def test_move_takes_the_indentation_of_where_it_goes() -> None:
    text, body = read("a = 1\nfor b in c:\n    d()")
    assert isinstance(body[1], ast.For)
    inside = body[1].body[0]
    assert edited(text, text.move(body[0], body, before=inside)) == "for b in c:\n    a = 1\n    d()"
    assert edited(text, text.move(body[0], body, after=inside)) == "for b in c:\n    d()\n    a = 1\n"


def test_move_keeps_the_further_lines_of_a_call() -> None:
    text, body = read("f(\n  1,\n)\nif a:\n    b()\n")
    assert isinstance(body[1], ast.If)
    assert edited(text, text.move(body[0], body, after=body[1].body[0])) == "if a:\n    b()\n    f(\n  1,\n)\n"


def test_unwrap_takes_the_block_out_and_keeps_comments_in_it() -> None:
    text, body = read("with a:\n    b()\n\n    # why\n    if c:\n        d()\ne()\n")
    assert isinstance(body[0], ast.With)
    assert edited(text, text.unwrap(body[0])) == "b()\n\n# why\nif c:\n    d()\ne()\n"
    assert edited(text, text.unwrap(body[0], b"a")) == "a\nb()\n\n# why\nif c:\n    d()\ne()\n"


def test_unwrap_refuses_strings_over_several_lines() -> None:
    text, body = read('with a:\n    b = """\n    c\n    """\n')
    assert isinstance(body[0], ast.With)
    assert text.unwrap(body[0]) is None


@pytest.mark.parametrize(
    ("source", "argument", "rest"),
    [
        ("f(a, b=1)", 1, "f(a)"),
        ("f(b=1)", 0, "f()"),
        ("f(b=1, c=2)", 0, "f(c=2)"),
        ("f(\n    a,\n    b=1,  # why\n    c=2,\n)", 1, "f(\n    a,  # why\n    c=2,\n)"),
    ],
)
def test_drop_leaves_out_an_argument(source: str, argument: int, rest: str) -> None:
    text, body = read(source)
    assert isinstance(body[0], ast.Expr)
    assert isinstance(body[0].value, ast.Call)
    call = body[0].value
    arguments: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    assert edited(text, text.drop(call, arguments[argument])) == rest


def test_columns_count_bytes() -> None:
    text, body = read('a = "é"; b(1)\n')
    assert isinstance(body[1], ast.Expr)
    assert text.of(body[1].value) == b"b(1)"
