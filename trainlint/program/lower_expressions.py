"""Lower expressions of Python's own syntax tree to facts."""

from __future__ import annotations

import ast
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from trainlint.program import facts
from trainlint.program.facts import Expression


class Walk:
    """A walk over a file, with what it notes by the way."""

    def __init__(self) -> None:
        self.positions = array("i")
        self.imported: list[str] = []  # dotted names
        self.words: set[str] = set()  # the names and attributes of the function around this point
        self.decorating: set[str] = set()  # those of decorators
        self.names: dict[str, facts.Name] = {}

    def ordinal(self, node: ast.stmt | ast.expr) -> int:
        """Note the position of a node that a finding may point to, and return its number."""
        positions = self.positions
        number = len(positions) // 4
        positions.append(node.lineno)
        positions.append(node.col_offset)
        positions.append(node.end_lineno or node.lineno)
        positions.append(node.end_col_offset or node.col_offset)
        return number

    def expression(self, node: ast.expr) -> Expression:
        """Lower an expression; of a kind that is not followed, what is inside it."""
        handler = _EXPRESSIONS.get(type(node))
        return facts.Opaque(tuple(self.parts(node))) if handler is None else handler(self, node)

    def expressions(self, nodes: Iterable[ast.expr]) -> tuple[Expression, ...]:
        """Lower several expressions."""
        return tuple([self.expression(node) for node in nodes])

    def parts(self, node: ast.AST) -> Iterator[Expression]:
        """Lower what is inside a node that is not followed."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield self.expression(child)
            else:
                yield from self.parts(child)

    def unsaid(self, nodes: Iterable[ast.expr]) -> tuple[Expression, ...]:
        """Lower expressions of which the words are not those of the function around them: decorators."""
        words, self.words = self.words, set()
        lowered = self.expressions(nodes)
        self.decorating |= self.words
        self.words = words
        return lowered

    def parameters(self, node: ast.arguments) -> tuple[facts.Parameter, ...]:
        """Lower the parameters of a function."""
        plain = [*node.posonlyargs, *node.args]
        defaults: list[ast.expr | None] = [*[None] * (len(plain) - len(node.defaults)), *node.defaults]
        found = [self.parameter(each, default) for each, default in zip(plain, defaults, strict=True)]
        if node.vararg is not None:
            found.append(facts.Parameter(node.vararg.arg, None, "*"))
        for each, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
            found.append(self.parameter(each, default, keyword_only=True))
        if node.kwarg is not None:
            found.append(facts.Parameter(node.kwarg.arg, None, "**"))
        return tuple(found)

    def parameter(self, node: ast.arg, default: ast.expr | None, keyword_only: bool = False) -> facts.Parameter:
        """Lower one parameter."""
        return facts.Parameter(node.arg, None if default is None else self.expression(default), "", keyword_only)

    def arguments(self, values: Iterable[ast.expr], keywords: Iterable[ast.keyword]) -> tuple[facts.Argument, ...]:
        """Lower the arguments of a call, in the order in which Python evaluates them."""
        found = []
        for value in values:
            if type(value) is ast.Starred:
                found.append(facts.Argument(self.expression(value.value), None, "*"))
            else:
                found.append(facts.Argument(self.expression(value)))
        for each in keywords:
            given = self.expression(each.value)
            found.append(facts.Argument(given, each.arg, "**" if each.arg is None else ""))
        return tuple(found)


def _name(walk: Walk, node: ast.Name) -> Expression:
    word = node.id
    walk.words.add(word)
    known = walk.names.get(word)
    if known is None:
        known = walk.names[word] = facts.Name(word)
    return known


def _attribute(walk: Walk, node: ast.Attribute) -> Expression:
    walk.words.add(node.attr)
    return facts.Attribute(walk.expression(node.value), node.attr)


def _constant(_: Walk, node: ast.Constant) -> Expression:
    value = node.value
    return _OPAQUE if value is ... or isinstance(value, bytes) else facts.Literal(value)


def _call(walk: Walk, node: ast.Call) -> Expression:
    callee = walk.expression(node.func)
    arguments = walk.arguments(node.args, node.keywords)
    return facts.Call(callee, arguments, walk.ordinal(node))


def _dictionary(walk: Walk, node: ast.Dict) -> Expression:
    pairs = []
    for key, value in zip(node.keys, node.values, strict=True):
        pairs.append((None if key is None else walk.expression(key), walk.expression(value)))
    return facts.Dictionary(tuple(pairs))


def _subscript(walk: Walk, node: ast.Subscript) -> Expression:
    index = walk.expression(node.slice)
    return facts.Subscript(walk.expression(node.value), index)


def _unary(walk: Walk, node: ast.UnaryOp) -> Expression:
    operand = walk.expression(node.operand)
    operator = _UNARY[type(node.op)]
    if operator == "-" and isinstance(operand, facts.Literal) and isinstance(operand.value, (int, float)):
        return facts.Literal(-operand.value)
    return facts.Unary(operator, operand)


def _binary(walk: Walk, node: ast.BinOp) -> Expression:
    left = walk.expression(node.left)
    return facts.Binary(OPERATORS[type(node.op)], left, walk.expression(node.right))


def _boolean(walk: Walk, node: ast.BoolOp) -> Expression:
    operator = "and" if type(node.op) is ast.And else "or"
    first, *rest = node.values
    result = walk.expression(first)
    for value in rest:
        result = facts.Binary(operator, result, walk.expression(value))
    return result


def _comparison(walk: Walk, node: ast.Compare) -> Expression:
    left = walk.expression(node.left)
    result: Expression | None = None
    for operator, comparator in zip(node.ops, node.comparators, strict=True):
        right = walk.expression(comparator)
        link = facts.Comparison(_COMPARISON[type(operator)], left, right)
        result = link if result is None else facts.Binary("and", result, link)
        left = right
    return left if result is None else result


def _conditional(walk: Walk, node: ast.IfExp) -> Expression:
    test = walk.expression(node.test)
    return facts.Conditional(test, walk.expression(node.body), walk.expression(node.orelse))


def _comprehension(
    walk: Walk, kind: str, element: ast.expr, value: ast.expr | None, generators: Sequence[ast.comprehension]
) -> Expression:
    clauses = []
    for each in generators:
        conditions = walk.expressions(each.ifs)
        clauses.append((walk.expression(each.target), walk.expression(each.iter), conditions))
    lowered_value = None if value is None else walk.expression(value)
    return facts.Comprehension(kind, walk.expression(element), lowered_value, tuple(clauses))


def _formatted(walk: Walk, node: Any) -> Iterator[Expression]:
    """Lower what an f-string formats, and what its format specifications hold."""
    for value in node.values:
        if type(value) is not ast.Constant:
            yield walk.expression(value.value)
            if value.format_spec is not None:
                yield from _formatted(walk, value.format_spec)


def _f_string(walk: Walk, node: Any) -> Expression:
    return facts.Opaque(tuple(_formatted(walk, node)))


def _yield(walk: Walk, node: ast.Yield | ast.YieldFrom) -> Expression:
    value = facts.Literal(None) if node.value is None else walk.expression(node.value)
    return facts.Yield(value, isinstance(node, ast.YieldFrom))


_OPAQUE = facts.Opaque()

_EXPRESSIONS: dict[type, Callable[[Walk, Any], Expression]] = {
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Constant: _constant,
    ast.Call: _call,
    ast.Tuple: lambda walk, node: facts.Collection("tuple", walk.expressions(node.elts)),
    ast.List: lambda walk, node: facts.Collection("list", walk.expressions(node.elts)),
    ast.Set: lambda walk, node: facts.Collection("set", walk.expressions(node.elts)),
    ast.Dict: _dictionary,
    ast.Subscript: _subscript,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.BoolOp: _boolean,
    ast.Compare: _comparison,
    ast.IfExp: _conditional,
    ast.Lambda: lambda walk, node: facts.Lambda(walk.parameters(node.args), walk.expression(node.body)),
    ast.ListComp: lambda walk, node: _comprehension(walk, "list", node.elt, None, node.generators),
    ast.SetComp: lambda walk, node: _comprehension(walk, "set", node.elt, None, node.generators),
    ast.GeneratorExp: lambda walk, node: _comprehension(walk, "generator", node.elt, None, node.generators),
    ast.DictComp: lambda walk, node: _comprehension(walk, "dict", node.key, node.value, node.generators),
    ast.NamedExpr: lambda walk, node: facts.NamedExpression(walk.expression(node.target), walk.expression(node.value)),
    ast.Starred: lambda walk, node: facts.Starred(walk.expression(node.value)),
    ast.JoinedStr: _f_string,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
    ast.Await: lambda walk, node: walk.expression(node.value),
}
if hasattr(ast, "TemplateStr"):  # Python 3.14
    _EXPRESSIONS[ast.TemplateStr] = _f_string

_UNARY: dict[type, str] = {ast.USub: "-", ast.UAdd: "+", ast.Not: "not", ast.Invert: "~"}
OPERATORS: dict[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}
_COMPARISON: dict[type, str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
