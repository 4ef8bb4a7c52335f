"""Lowering: every kind of statement up to Python 3.13, and what the facts of a file promise."""

from __future__ import annotations

import ast
import pickle
import sys
import textwrap

import pytest

from tests.program.reading import expression, facts_of, statement
from trainlint.program import facts
from trainlint.program.facts import (
    Argument,
    Assign,
    Attribute,
    Augment,
    Class,
    Collection,
    Delete,
    Evaluate,
    For,
    Function,
    If,
    Import,
    Leave,
    Literal,
    Match,
    Name,
    Parameter,
    Share,
    Starred,
    Subscript,
    Try,
    While,
    With,
    render,
)
from trainlint.program.lower import lower

A, B, C, D, F, K, X, Y = map(Name, "abcdfkxy")
NONE = Literal(None)
SINCE_3_11 = pytest.mark.skipif(sys.version_info < (3, 11), reason="groups of exceptions came with Python 3.11")


class TestStatements:
    @pytest.mark.parametrize(
        ("text", "lowered"),
        [
            ("a", Evaluate(A)),
            ("assert a, 'message'", Evaluate(A, asserts=True)),
            ("a += b", Augment(A, "+", B)),
            ("a -= b", Augment(A, "-", B)),
            ("a *= b", Augment(A, "*", B)),
            ("a /= b", Augment(A, "/", B)),
            ("return", Leave("return")),
            ("raise", Leave("raise")),
            ("raise a from b", Leave("raise", A)),
            ("del a", Delete((A,))),
            ("del a, b[c]", Delete((A, Subscript(B, C)))),
            ("del (a, b)", Delete((A, B))),
            ("import a", Import((("a", "a", True),))),
            ("import a.b.c", Import((("a", "a", True),))),
            ("import a.b as c, d", Import((("c", "a.b", True), ("d", "d", True)))),
            ("from a.b import c as d", Import((("d", "a.b.c", False),))),
            ("from a import (b,\n  c,)", Import((("b", "a.b", False), ("c", "a.c", False)))),
            ("from . import a", Import((("a", ".a", False),))),
            ("from .a import b", Import((("b", ".a.b", False),))),
            ("from ...a.b import c", Import((("c", "...a.b.c", False),))),
            ("from a import *", Import((("*", "a", True),))),
            ("from .. import *", Import((("*", "..", True),))),
        ],
    )
    def test_small_ones(self, text: str, lowered: facts.Statement) -> None:
        assert statement(text) == lowered

    @pytest.mark.parametrize("operator", ["//", "%", "**", "@", "&", "|", "^", "<<", ">>"])
    def test_any_other_augmented_assignment(self, operator: str) -> None:
        lowered = statement(f"a {operator}= b")
        assert isinstance(lowered, Augment)
        assert (lowered.target, lowered.value) == (A, B)

    @pytest.mark.parametrize("text", ["pass", "'docstring'", "...", "a: int"])
    def test_what_does_nothing_is_left_out(self, text: str) -> None:
        assert facts_of(text).body == ()

    @pytest.mark.skipif(sys.version_info < (3, 12), reason="the statement came with Python 3.12")
    @pytest.mark.parametrize("text", ["type X = list[int]", "type X[T] = a"])
    def test_so_is_the_name_of_a_type(self, text: str) -> None:
        assert facts_of(text).body == ()

    @pytest.mark.parametrize(
        ("text", "targets", "value"),
        [
            ("a = b", (A,), B),
            ("a = b = c", (A, B), C),
            ("a: int = b", (A,), B),
            ("a.x = b", (Attribute(A, "x"),), B),
            ("a[b] = c", (Subscript(A, B),), C),
            ("a, *b = c", (Collection("tuple", (A, Starred(B))),), C),
            ("[a, (b, c)] = d", (Collection("list", (A, Collection("tuple", (B, C)))),), D),
        ],
    )
    def test_assignments(self, text: str, targets: tuple[facts.Expression, ...], value: facts.Expression) -> None:
        lowered = statement(text)
        assert isinstance(lowered, Assign)
        assert (lowered.targets, lowered.value) == (targets, value)

    def test_several_on_one_line(self) -> None:
        assert facts_of("a; b; c").body == (Evaluate(A), Evaluate(B), Evaluate(C))

    def test_if_elif_else(self) -> None:
        lowered = statement("if a:\n    b\nelif c:\n    d\nelse:\n    x\n")
        assert lowered == If(A, (Evaluate(B),), (If(C, (Evaluate(D),), (Evaluate(X),)),))

    def test_a_block_on_the_line_of_its_header(self) -> None:
        assert statement("if a: b; c") == If(A, (Evaluate(B), Evaluate(C)), ())

    def test_for_else(self) -> None:
        lowered = statement("for x, y in a:\n    break\nelse:\n    b\n")
        assert lowered == For(Collection("tuple", (X, Y)), A, (Leave("break"),), (Evaluate(B),))

    def test_while_else(self) -> None:
        lowered = statement("while a:\n    continue\nelse:\n    b\n")
        assert lowered == While(A, (Leave("continue"),), (Evaluate(B),))

    @pytest.mark.parametrize("header", ["with a as x, b:", "with (a as x, b):", "with (\n    a as x,\n    b,\n):"])
    def test_with(self, header: str) -> None:
        assert statement(f"{header}\n    c\n") == With(((A, X), (B, None)), (Evaluate(C),))

    @pytest.mark.parametrize("star", ["", pytest.param("*", marks=SINCE_3_11)])
    def test_try(self, star: str) -> None:
        text = f"try:\n    a\nexcept{star} b as x:\n    c\nexcept{star} (d, y):\n    k\nelse:\n    x\nfinally:\n    y\n"
        lowered = statement(text)
        assert lowered == Try((Evaluate(A),), ((Evaluate(C),), (Evaluate(K),)), (Evaluate(X),), (Evaluate(Y),))

    def test_try_finally_and_a_bare_except(self) -> None:
        assert statement("try:\n    a\nfinally:\n    b\n") == Try((Evaluate(A),), (), (), (Evaluate(B),))
        assert statement("try:\n    a\nexcept:\n    b\n") == Try((Evaluate(A),), ((Evaluate(B),),), (), ())

    @pytest.mark.parametrize(
        "pattern",
        [
            "1",
            "-1",
            "'s'",
            "None",
            "x",
            "_",
            "a.b",
            "[x, *_]",
            "(x, y)",
            "{'k': x, **y}",
            "f(x, k=y)",
            "1 | 2",
            "x as y",
        ],
    )
    def test_match_with_every_kind_of_pattern(self, pattern: str) -> None:
        lowered = statement(f"match a:\n    case {pattern} if b:\n        c\n    case _:\n        d\n")
        assert lowered == Match(A, ((Evaluate(C),), (Evaluate(D),)))

    def test_match_case_and_type_as_names(self) -> None:
        lowered = facts_of("match = case = type = a\nmatch(case)\n")
        assert len(lowered.body) == 2

    def test_a_function(self) -> None:
        lowered = statement("@a\n@b(c)\ndef f(x, /, y: int = d, *, k=None) -> int:\n    'doc'\n    return x\n")
        assert isinstance(lowered, Function)
        assert lowered.name == "f"
        assert lowered.parameters == (Parameter("x"), Parameter("y", D), Parameter("k", NONE, keyword_only=True))
        assert [render(decorator) for decorator in lowered.decorators] == ["a", "b(c)"]
        assert lowered.body == (Leave("return", X),)

    def test_star_parameters(self) -> None:
        lowered = statement("def f(*a, **b): pass")
        assert isinstance(lowered, Function)
        assert lowered.parameters == (Parameter("a", star="*"), Parameter("b", star="**"))

    def test_an_asynchronous_function(self) -> None:
        text = "async def f():\n    async with a as x:\n        async for y in b:\n            await c\n"
        lowered = statement(text)
        assert isinstance(lowered, Function)
        assert lowered.body == (With(((A, X),), (For(Y, B, (Evaluate(C),), ()),)),)

    def test_global_and_nonlocal(self) -> None:
        lowered = statement("def f():\n    global a, b\n    nonlocal c\n")
        assert isinstance(lowered, Function)
        assert lowered.body == (Share(("a", "b")), Share(("c",)))

    @pytest.mark.skipif(sys.version_info < (3, 12), reason="they came with Python 3.12")
    def test_type_parameters(self) -> None:
        function = statement("def f[T: int, *Ts, **P](x: T) -> T: return x")
        cls = statement("class a[T](b): pass")
        assert isinstance(function, Function)
        assert isinstance(cls, Class)
        assert (function.parameters, function.body) == ((Parameter("x"),), (Leave("return", X),))
        assert cls.bases == (Argument(B),)

    def test_a_class(self) -> None:
        lowered = statement("@d\nclass a(b, *c, metaclass=k, **x):\n    y: int = 1\n    def f(self): pass\n")
        assert isinstance(lowered, Class)
        assert lowered.name == "a"
        assert lowered.bases == (
            Argument(B),
            Argument(C, star="*"),
            Argument(K, "metaclass"),
            Argument(X, star="**"),
        )
        assert lowered.decorators == (D,)
        assert [type(inner) for inner in lowered.body] == [Assign, Function]


class TestFacts:
    def test_they_say_nothing_of_white_space_comments_and_parentheses(self) -> None:
        tidy = "def f(a):\n    if a:\n        return f(a, k=1)\n"
        untidy = "# one\ndef f( a, ):   # two\n\n\tif (a) :\n\n\t\treturn  f(a ,\n k = (1))  # three\n\n\n"
        assert facts_of(tidy) == facts_of(untidy)

    def test_they_can_be_pickled_and_hashed(self) -> None:
        lowered = facts_of("@d\ndef f(a, *b, k=1):\n    for x in [y for y in b]:\n        with a as c: yield x\n")
        assert pickle.loads(pickle.dumps(lowered)) == lowered
        assert hash(lowered) == hash(pickle.loads(pickle.dumps(lowered)))

    def test_they_are_the_same_each_time(self) -> None:
        text = "def f(a):\n    return g(h(a), *a)\nclass K(B):\n    x = f(1)\n"
        assert lower("a.py", ast.parse(text)) == lower("a.py", ast.parse(text))

    def test_an_empty_file_says_nothing(self) -> None:
        assert lower("a.py", ast.parse(b"")) == facts.FileFacts("a.py", ())

    @pytest.mark.parametrize(
        "text",
        [
            "a",
            "a.b",
            "f(a, *b, k=1, **c)",
            "a[0]",
            "a['k']",
            "-a",
            "not a",
            "a + b",
            "a is not None",
            "loss.backward",
            "scaler.scale(loss / 2)",
        ],
    )
    def test_an_expression_is_shown_as_it_was_written(self, text: str) -> None:
        assert render(expression(text)) == text

    @pytest.mark.parametrize("text", ["[a, b]", "{a: b}", "lambda: a", "[x for x in a]", "f'{a}'", "a if b else c"])
    def test_what_is_not_followed_is_shown_as_such(self, text: str) -> None:
        assert render(expression(text)) == "…"


def test_a_source_with_every_kind_of_statement_is_lowered_whole() -> None:
    text = textwrap.dedent("""
        async def f(a, *b, **c):
            try:
                async with a as x, b: await x
            except ValueError as e:
                raise TypeError from e
            else:
                [x async for x in a]
            finally:
                del a
            match a:
                case {"k": [1, *_]}: return
            while (n := 1): n += 1
            return lambda: (yield)
    """)
    lowered = lower("a.py", ast.parse(text))
    (function,) = lowered.body
    assert isinstance(function, Function)
    assert [type(inner) for inner in function.body] == [Try, Match, While, Leave]
    assert len(lowered.positions) == 4 * 5, "the function, two statements, the loop and what is in it can be pointed at"
