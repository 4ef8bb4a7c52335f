"""Lowering: every kind of expression up to Python 3.13."""

from __future__ import annotations

import sys

import pytest

from tests.program.reading import expression, facts_of
from trainlint.program import facts
from trainlint.program.facts import (
    Argument,
    Attribute,
    Binary,
    Call,
    Collection,
    Comparison,
    Comprehension,
    Conditional,
    Dictionary,
    Function,
    Lambda,
    Leave,
    Literal,
    Name,
    NamedExpression,
    Opaque,
    Parameter,
    Starred,
    Subscript,
    Unary,
    Yield,
    render,
)

A, B, C, D, F, K, X, Y = map(Name, "abcdfkxy")
NONE = Literal(None)


@pytest.mark.parametrize(
    ("text", "lowered"),
    [
        ("a", A),
        ("None", NONE),
        ("True", Literal(True)),
        ("1_000", Literal(1000)),
        ("0x10", Literal(16)),
        ("1e-3", Literal(0.001)),
        ("-1", Literal(-1)),
        ("- 1.5", Literal(-1.5)),
        ("--1", Literal(1)),
        ("-a", Unary("-", A)),
        ("+a", Unary("+", A)),
        ("~a", Unary("~", A)),
        ("not a", Unary("not", A)),
        ("'a' \"b\"", Literal("ab")),
        (r"r'\d'", Literal(r"\d")),
        (r"'\x41\N{BULLET}'", Literal("A•")),
        ("b'a'", Opaque()),
        ("...", Opaque()),
        ("a.b.c", Attribute(Attribute(A, "b"), "c")),
        ("(a)", A),
        ("()", Collection("tuple", ())),
        ("(a,)", Collection("tuple", (A,))),
        ("[a, *b]", Collection("list", (A, Starred(B)))),
        ("{a, *b}", Collection("set", (A, Starred(B)))),
        ("{}", Dictionary(())),
        ("{a: b, **c}", Dictionary(((A, B), (None, C)))),
        ("a[b]", Subscript(A, B)),
        ("a[b, c]", Subscript(A, Collection("tuple", (B, C)))),
        ("a[b:c:d]", Subscript(A, Opaque((B, C, D)))),
        ("a[:]", Subscript(A, Opaque())),
        ("a[b, ::c]", Subscript(A, Collection("tuple", (B, Opaque((C,)))))),
        ("a + b * c", Binary("+", A, Binary("*", B, C))),
        ("a and b or c", Binary("or", Binary("and", A, B), C)),
        ("a == b", Comparison("==", A, B)),
        ("a < b <= c", Binary("and", Comparison("<", A, B), Comparison("<=", B, C))),
        ("a if b else c", Conditional(B, A, C)),
        ("a := b", NamedExpression(A, B)),
        ("await a", A),
        ("yield", Yield(NONE)),
        ("yield a", Yield(A)),
        ("yield from a", Yield(A, each=True)),
        ("lambda: a", Lambda((), A)),
        (
            "lambda a, /, b=c, *d, k=x, **y: a",
            Lambda(
                (
                    Parameter("a"),
                    Parameter("b", C),
                    Parameter("d", star="*"),
                    Parameter("k", X, keyword_only=True),
                    Parameter("y", star="**"),
                ),
                A,
            ),
        ),
    ],
)
def test_what_is_followed(text: str, lowered: facts.Expression) -> None:
    assert expression(text) == lowered


@pytest.mark.parametrize("operator", ["+", "-", "*", "/", "//", "%", "**", "@", "&", "|", "^", "<<", ">>", "and", "or"])
def test_every_binary_operator(operator: str) -> None:
    assert expression(f"a {operator} b") == Binary(operator, A, B)


@pytest.mark.parametrize("operator", ["==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in"])
def test_every_comparison(operator: str) -> None:
    assert expression(f"a {operator} b") == Comparison(operator, A, B)


@pytest.mark.parametrize(
    ("text", "lowered"),
    [
        ("f'plain'", Opaque()),
        ("f'{{a}}'", Opaque()),
        ("f'{a} and {b!r:>9} {c=}'", Opaque((A, B, C))),
        ("rf'{a}'", Opaque((A,))),
        ('f"""{\n    a\n}"""', Opaque((A,))),
    ],
)
def test_what_an_f_string_formats_is_evaluated(text: str, lowered: facts.Expression) -> None:
    assert expression(text) == lowered


@pytest.mark.parametrize(
    ("text", "names"),
    [("f'{a:{b}}'", ["a", "b"]), ("f'{a}' 'text'", ["a"]), ("'text' f'{a}' f'{b}'", ["a", "b"])],
)
def test_so_is_what_a_format_specification_or_a_concatenation_holds(text: str, names: list[str]) -> None:
    assert names_in(expression(text)) == names


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.12 was the first to take them")
def test_quotes_of_the_same_kind_inside_an_f_string() -> None:
    assert set(names_in(expression('f"{a["k"]}"'))) == {"a"}


@pytest.mark.parametrize(
    ("text", "kind"), [("[{}]", "list"), ("{{{}}}", "set"), ("({})", "generator"), ("f({})", "generator")]
)
def test_every_comprehension(text: str, kind: str) -> None:
    lowered = expression(text.format("x for x, y in a if b if c for k in d"))
    if isinstance(lowered, Call):
        (argument,) = lowered.arguments
        lowered = argument.value
    pair = Collection("tuple", (X, Y))
    assert lowered == Comprehension(kind, X, None, ((pair, A, (B, C)), (K, D, ())))


def test_a_dict_comprehension() -> None:
    assert expression("{k: x for k, x in a}") == Comprehension("dict", K, X, ((Collection("tuple", (K, X)), A, ()),))


def test_an_asynchronous_comprehension() -> None:
    lowered = facts_of("async def f():\n    return [x async for x in a]")
    (function,) = lowered.body
    assert isinstance(function, Function)
    assert function.body == (Leave("return", Comprehension("list", X, None, ((X, A, ()),))),)


def test_the_arguments_of_a_call() -> None:
    call = expression("f(a, *b, k=c, **d)")
    assert isinstance(call, Call)
    assert call.callee == F
    assert call.arguments == (Argument(A), Argument(B, star="*"), Argument(C, "k"), Argument(D, star="**"))


def test_a_chain_of_calls() -> None:
    outer = expression("a.f().k(b)(c)")
    assert isinstance(outer, Call)
    assert isinstance(outer.callee, Call)
    assert render(outer) == "a.f().k(b)(c)"


def names_in(node: object) -> list[str]:
    """Return the names in an expression of which only the parts are known."""
    match node:
        case Name(name):
            return [name]
        case Opaque(parts):
            return [name for part in parts for name in names_in(part)]
        case Subscript(base, _):
            return names_in(base)
    return []
