"""Lower a libcst tree to facts: one walk over what has meaning, past white space and comments."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import libcst as cst

from trainlint.program import facts
from trainlint.program.facts import Block, Expression, FileFacts, Statement
from trainlint.program.lower_imports import lower_import, lower_import_from


def lower(name: str, module: cst.Module) -> tuple[FileFacts, list[cst.CSTNode]]:
    """Return the facts of a file, and the node behind each ordinal."""
    lowering = _Lowering()
    body = lowering.block(module.body)
    return FileFacts(name, body), lowering.nodes


class _Lowering:
    """The walk, with the nodes that facts can point to in the order in which it met them."""

    def __init__(self) -> None:
        self.nodes: list[cst.CSTNode] = []

    def ordinal(self, node: cst.CSTNode) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1

    # Statements

    def block(self, statements: Iterable[cst.CSTNode]) -> Block:
        lowered: list[Statement] = []
        for statement in statements:
            if isinstance(statement, cst.SimpleStatementLine):
                for small in statement.body:
                    lowered.extend(self.small(small))
            else:
                lowered.append(self.compound(statement))
        return tuple(lowered)

    def suite(self, body: cst.BaseSuite) -> Block:
        if isinstance(body, cst.SimpleStatementSuite):
            return tuple(lowered for small in body.body for lowered in self.small(small))
        return self.block(body.body)

    def otherwise(self, node: cst.If | cst.Else | cst.Finally | None) -> Block:
        if node is None:
            return ()
        if isinstance(node, cst.If):
            return (self.compound(node),)
        return self.suite(node.body)

    def small(self, node: cst.BaseSmallStatement) -> Iterable[Statement]:
        match node:
            case cst.Expr(value=value):
                if not isinstance(value, (cst.SimpleString, cst.Ellipsis)):
                    yield facts.Evaluate(self.expression(value), self.ordinal(node))
            case cst.Assign():
                value_facts = self.expression(node.value)
                targets = tuple(self.expression(t.target) for t in node.targets)
                yield facts.Assign(targets, value_facts, self.ordinal(node))
            case cst.AnnAssign():
                if node.value is not None:
                    value_facts = self.expression(node.value)
                    yield facts.Assign((self.expression(node.target),), value_facts, self.ordinal(node))
            case cst.AugAssign():
                operator = _AUGMENT.get(type(node.operator), "?")
                value_facts = self.expression(node.value)
                yield facts.Augment(self.expression(node.target), operator, value_facts, self.ordinal(node))
            case cst.Return():
                yield facts.Leave("return", None if node.value is None else self.expression(node.value))
            case cst.Raise():
                yield facts.Leave("raise", None if node.exc is None else self.expression(node.exc))
            case cst.Break():
                yield facts.Leave("break")
            case cst.Continue():
                yield facts.Leave("continue")
            case cst.Assert():
                yield facts.Evaluate(self.expression(node.test), self.ordinal(node))
            case cst.Del():
                target = self.expression(node.target)
                is_tuple = isinstance(target, facts.Collection)
                yield facts.Delete(target.items if is_tuple else (target,))  # type: ignore[union-attr]
            case cst.Global() | cst.Nonlocal():
                yield facts.Share(tuple(item.name.value for item in node.names))
            case cst.Import():
                yield lower_import(node)
            case cst.ImportFrom():
                yield lower_import_from(node)
            case _:  # `pass`, `type X = …`
                return

    def compound(self, node: cst.CSTNode) -> Statement:
        match node:
            case cst.If():
                return facts.If(self.expression(node.test), self.suite(node.body), self.otherwise(node.orelse))
            case cst.For():
                ordinal = self.ordinal(node)
                iterable = self.expression(node.iter)
                target = self.expression(node.target)
                return facts.For(target, iterable, self.suite(node.body), self.otherwise(node.orelse), ordinal)
            case cst.While():
                ordinal = self.ordinal(node)
                test = self.expression(node.test)
                return facts.While(test, self.suite(node.body), self.otherwise(node.orelse), ordinal)
            case cst.With():
                items = tuple(
                    (self.expression(i.item), None if i.asname is None else self.expression(i.asname.name))
                    for i in node.items
                )
                return facts.With(items, self.suite(node.body))
            case cst.Try() | cst.TryStar():
                handlers = tuple(self.suite(handler.body) for handler in node.handlers)
                return facts.Try(
                    self.suite(node.body),
                    handlers,
                    self.otherwise(node.orelse),
                    self.otherwise(node.finalbody),
                )
            case cst.FunctionDef():
                ordinal = self.ordinal(node)
                return facts.Function(
                    node.name.value,
                    self.parameters(node.params),
                    tuple(self.expression(d.decorator) for d in node.decorators),
                    self.suite(node.body),
                    ordinal,
                )
            case cst.ClassDef():
                ordinal = self.ordinal(node)
                return facts.Class(
                    node.name.value,
                    tuple(self.argument(a) for a in (*node.bases, *node.keywords)),
                    tuple(self.expression(d.decorator) for d in node.decorators),
                    self.suite(node.body),
                    ordinal,
                )
            case cst.Match():
                subject = self.expression(node.subject)
                return facts.Match(subject, tuple(self.suite(case.body) for case in node.cases))
        raise TypeError(f"libcst statement of an unknown kind: {type(node).__name__}")

    def parameters(self, node: cst.Parameters) -> tuple[facts.Parameter, ...]:
        found = [self.parameter(p) for p in (*node.posonly_params, *node.params)]
        if isinstance(node.star_arg, cst.Param):
            found.append(self.parameter(node.star_arg, "*"))
        found += [self.parameter(p, keyword_only=True) for p in node.kwonly_params]
        if node.star_kwarg is not None:
            found.append(self.parameter(node.star_kwarg, "**"))
        return tuple(found)

    def parameter(self, node: cst.Param, star: str = "", keyword_only: bool = False) -> facts.Parameter:
        default = None if node.default is None else self.expression(node.default)
        return facts.Parameter(node.name.value, default, star, keyword_only)

    # Expressions

    def expression(self, node: cst.CSTNode) -> Expression:
        handler = _EXPRESSIONS.get(type(node))
        if handler is not None:
            return handler(self, node)
        return facts.Opaque(tuple(self.parts(node)))

    def parts(self, node: cst.CSTNode) -> Iterable[Expression]:
        """Lower what is inside a node that is not followed, e.g. the expressions of an f-string."""
        for child in node.children:
            if isinstance(child, cst.BaseExpression):
                yield self.expression(child)
            else:
                yield from self.parts(child)

    def argument(self, node: cst.Arg) -> facts.Argument:
        keyword = None if node.keyword is None else node.keyword.value
        return facts.Argument(self.expression(node.value), keyword, node.star)

    def call(self, node: cst.Call) -> Expression:
        callee = self.expression(node.func)
        arguments = tuple(self.argument(a) for a in node.args)
        return facts.Call(callee, arguments, self.ordinal(node))

    def collection(self, kind: str, elements: Sequence[cst.BaseElement]) -> Expression:
        return facts.Collection(kind, tuple(self.element(e) for e in elements))

    def element(self, node: cst.BaseElement) -> Expression:
        value = self.expression(node.value)
        return facts.Starred(value) if isinstance(node, cst.StarredElement) else value

    def dictionary(self, node: cst.Dict) -> Expression:
        pairs: list[tuple[Expression | None, Expression]] = []
        for element in node.elements:
            key = self.expression(element.key) if isinstance(element, cst.DictElement) else None
            pairs.append((key, self.expression(element.value)))
        return facts.Dictionary(tuple(pairs))

    def subscript(self, node: cst.Subscript) -> Expression:
        indices = [self.index(element.slice) for element in node.slice]
        index = indices[0] if len(indices) == 1 else facts.Collection("tuple", tuple(indices))
        return facts.Subscript(self.expression(node.value), index)

    def index(self, node: cst.BaseSlice) -> Expression:
        if isinstance(node, cst.Index):
            return self.expression(node.value)
        return facts.Opaque(tuple(self.parts(node)))

    def unary(self, node: cst.UnaryOperation) -> Expression:
        operand = self.expression(node.expression)
        operator = _UNARY[type(node.operator)]
        if operator == "-" and isinstance(operand, facts.Literal) and isinstance(operand.value, (int, float)):
            return facts.Literal(-operand.value)
        return facts.Unary(operator, operand)

    def binary(self, node: cst.BinaryOperation | cst.BooleanOperation) -> Expression:
        operator = _BINARY[type(node.operator)]
        return facts.Binary(operator, self.expression(node.left), self.expression(node.right))

    def comparison(self, node: cst.Comparison) -> Expression:
        left = self.expression(node.left)
        result: Expression | None = None
        for target in node.comparisons:
            right = self.expression(target.comparator)
            link = facts.Comparison(_COMPARISON.get(type(target.operator), "?"), left, right)
            result = link if result is None else facts.Binary("and", result, link)
            left = right
        return result if result is not None else left

    def comprehension(self, kind: str, element: cst.BaseExpression, value: Any, first: cst.CompFor) -> Expression:
        clauses = []
        clause: cst.CompFor | None = first
        while clause is not None:
            conditions = tuple(self.expression(c.test) for c in clause.ifs)
            clauses.append((self.expression(clause.target), self.expression(clause.iter), conditions))
            clause = clause.inner_for_in
        lowered_value = None if value is None else self.expression(value)
        return facts.Comprehension(kind, self.expression(element), lowered_value, tuple(clauses))


def _number(node: cst.Integer | cst.Float | cst.Imaginary) -> Expression:
    return facts.Literal(ast.literal_eval(node.value))


def _string(lowering: _Lowering, node: cst.SimpleString | cst.ConcatenatedString) -> Expression:
    try:
        value = node.evaluated_value
    except (ValueError, SyntaxError):  # an escape that the running Python does not know
        value = None
    return facts.Literal(value) if isinstance(value, str) else facts.Opaque(tuple(lowering.parts(node)))


_SINGLETONS = {"None": None, "True": True, "False": False}


def _name(node: cst.Name) -> Expression:
    return facts.Literal(_SINGLETONS[node.value]) if node.value in _SINGLETONS else facts.Name(node.value)


def _lambda(lowering: _Lowering, node: cst.Lambda) -> Expression:
    return facts.Lambda(lowering.parameters(node.params), lowering.expression(node.body))


def _yield(lowering: _Lowering, node: cst.Yield) -> Expression:
    value = node.value.item if isinstance(node.value, cst.From) else node.value
    return facts.Yield(facts.Literal(None) if value is None else lowering.expression(value))


_EXPRESSIONS: dict[type, Callable[[_Lowering, Any], Expression]] = {
    cst.Name: lambda _, n: _name(n),
    cst.Attribute: lambda w, n: facts.Attribute(w.expression(n.value), n.attr.value),
    cst.Call: _Lowering.call,
    cst.Integer: lambda _, n: _number(n),
    cst.Float: lambda _, n: _number(n),
    cst.Imaginary: lambda _, n: _number(n),
    cst.SimpleString: _string,
    cst.ConcatenatedString: _string,
    cst.Tuple: lambda w, n: w.collection("tuple", n.elements),
    cst.List: lambda w, n: w.collection("list", n.elements),
    cst.Set: lambda w, n: w.collection("set", n.elements),
    cst.Dict: _Lowering.dictionary,
    cst.Subscript: _Lowering.subscript,
    cst.UnaryOperation: _Lowering.unary,
    cst.BinaryOperation: _Lowering.binary,
    cst.BooleanOperation: _Lowering.binary,
    cst.Comparison: _Lowering.comparison,
    cst.IfExp: lambda w, n: facts.Conditional(*map(w.expression, (n.test, n.body, n.orelse))),
    cst.Lambda: _lambda,
    cst.ListComp: lambda w, n: w.comprehension("list", n.elt, None, n.for_in),
    cst.SetComp: lambda w, n: w.comprehension("set", n.elt, None, n.for_in),
    cst.GeneratorExp: lambda w, n: w.comprehension("generator", n.elt, None, n.for_in),
    cst.DictComp: lambda w, n: w.comprehension("dict", n.key, n.value, n.for_in),
    cst.NamedExpr: lambda w, n: facts.NamedExpression(w.expression(n.target), w.expression(n.value)),
    cst.Yield: _yield,
    cst.Await: lambda w, n: w.expression(n.expression),
}

_UNARY: dict[type, str] = {cst.Minus: "-", cst.Plus: "+", cst.Not: "not", cst.BitInvert: "~"}
_BINARY: dict[type, str] = {
    cst.Add: "+",
    cst.Subtract: "-",
    cst.Multiply: "*",
    cst.Divide: "/",
    cst.FloorDivide: "//",
    cst.Modulo: "%",
    cst.Power: "**",
    cst.MatrixMultiply: "@",
    cst.BitAnd: "&",
    cst.BitOr: "|",
    cst.BitXor: "^",
    cst.LeftShift: "<<",
    cst.RightShift: ">>",
    cst.And: "and",
    cst.Or: "or",
}
_AUGMENT: dict[type, str] = {
    cst.AddAssign: "+",
    cst.SubtractAssign: "-",
    cst.MultiplyAssign: "*",
    cst.DivideAssign: "/",
}
_COMPARISON: dict[type, str] = {
    cst.Equal: "==",
    cst.NotEqual: "!=",
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
    cst.Is: "is",
    cst.IsNot: "is not",
    cst.In: "in",
    cst.NotIn: "not in",
}
