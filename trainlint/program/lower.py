"""Lower Python's own syntax tree to facts: one walk over what has meaning."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

from trainlint.program import facts
from trainlint.program.facts import Block, FileFacts, Statement
from trainlint.program.lower_expressions import OPERATORS, Walk
from trainlint.program.lower_imports import lower_import, lower_import_from


def lower(name: str, module: ast.Module) -> FileFacts:
    """Return the facts of a file."""
    walk = Walk()
    body = _block(walk, module.body)
    return FileFacts(name, body, walk.positions, tuple(walk.imported), frozenset(walk.words | walk.decorating))


def _block(walk: Walk, nodes: Iterable[ast.stmt]) -> Block:
    """Lower statements; those that do nothing, such as `pass` and docstrings, are left out."""
    lowered = []
    for node in nodes:
        handler = _STATEMENTS.get(type(node))
        if handler is not None and (statement := handler(walk, node)) is not None:
            lowered.append(statement)
    return tuple(lowered)


def _expression_statement(walk: Walk, node: ast.Expr) -> Statement | None:
    if type(node.value) is ast.Constant:
        return None
    value = walk.expression(node.value)
    if _without_effect(value):
        walk.words.add(facts.WITHOUT_EFFECT)
    return facts.Evaluate(value, walk.ordinal(node))


def _without_effect(value: facts.Expression) -> bool:
    """Tell whether a statement only names a method, or only makes a context manager: it does nothing."""
    match value:
        case facts.Attribute():
            return True
        case facts.Call(facts.Name(name) | facts.Attribute(_, name)):
            return name in ("no_grad", "inference_mode", "enable_grad", "autocast")
    return False


def _assign(walk: Walk, node: ast.Assign) -> Statement:
    value = walk.expression(node.value)
    return facts.Assign(walk.expressions(node.targets), value, walk.ordinal(node))


def _annotated(walk: Walk, node: ast.AnnAssign) -> Statement | None:
    if node.value is None:
        return None
    value = walk.expression(node.value)
    return facts.Assign((walk.expression(node.target),), value, walk.ordinal(node))


def _augment(walk: Walk, node: ast.AugAssign) -> Statement:
    value = walk.expression(node.value)
    operator = OPERATORS[type(node.op)]
    return facts.Augment(walk.expression(node.target), operator, value, walk.ordinal(node))


def _return(walk: Walk, node: ast.Return) -> Statement:
    return facts.Leave("return", None if node.value is None else walk.expression(node.value))


def _raise(walk: Walk, node: ast.Raise) -> Statement:
    return facts.Leave("raise", None if node.exc is None else walk.expression(node.exc))


def _assert(walk: Walk, node: ast.Assert) -> Statement:
    return facts.Evaluate(walk.expression(node.test), walk.ordinal(node), asserts=True)


def _delete(walk: Walk, node: ast.Delete) -> Statement:
    first = node.targets[0]
    is_tuple = len(node.targets) == 1 and isinstance(first, (ast.Tuple, ast.List))
    return facts.Delete(walk.expressions(first.elts if is_tuple else node.targets))  # type: ignore[attr-defined]


def _import(walk: Walk, node: ast.Import | ast.ImportFrom) -> Statement:
    lowered = lower_import(node) if isinstance(node, ast.Import) else lower_import_from(node)
    walk.imported.extend(dotted for _, dotted, _ in lowered.bindings)
    return lowered


def _if(walk: Walk, node: ast.If) -> Statement:
    return facts.If(walk.expression(node.test), _block(walk, node.body), _block(walk, node.orelse))


def _for(walk: Walk, node: ast.For | ast.AsyncFor) -> Statement:
    ordinal = walk.ordinal(node)
    iterable = walk.expression(node.iter)
    target = walk.expression(node.target)
    return facts.For(target, iterable, _block(walk, node.body), _block(walk, node.orelse), ordinal)


def _while(walk: Walk, node: ast.While) -> Statement:
    ordinal = walk.ordinal(node)
    return facts.While(walk.expression(node.test), _block(walk, node.body), _block(walk, node.orelse), ordinal)


def _with(walk: Walk, node: ast.With | ast.AsyncWith) -> Statement:
    items = []
    for item in node.items:
        context = walk.expression(item.context_expr)
        items.append((context, None if item.optional_vars is None else walk.expression(item.optional_vars)))
    return facts.With(tuple(items), _block(walk, node.body))


def _try(walk: Walk, node: ast.Try) -> Statement:
    body = _block(walk, node.body)
    handlers = tuple([_block(walk, handler.body) for handler in node.handlers])
    return facts.Try(body, handlers, _block(walk, node.orelse), _block(walk, node.finalbody))


def _match(walk: Walk, node: ast.Match) -> Statement:
    subject = walk.expression(node.subject)
    return facts.Match(subject, tuple([_block(walk, case.body) for case in node.cases]))


def _function(walk: Walk, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Statement:
    ordinal = walk.ordinal(node)
    decorators = walk.unsaid(node.decorator_list)
    outer, walk.words = walk.words, set()
    parameters = walk.parameters(node.args)
    body = _block(walk, node.body)
    words, walk.words = walk.words, outer
    outer |= words
    return facts.Function(node.name, parameters, decorators, body, ordinal, tuple(words))


def _class(walk: Walk, node: ast.ClassDef) -> Statement:
    ordinal = walk.ordinal(node)
    bases = walk.arguments(node.bases, node.keywords)
    return facts.Class(node.name, bases, walk.unsaid(node.decorator_list), _block(walk, node.body), ordinal)


_STATEMENTS: dict[type, Callable[[Walk, Any], Statement | None]] = {
    ast.Expr: _expression_statement,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augment,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Break: lambda _walk, _node: facts.Leave("break"),
    ast.Continue: lambda _walk, _node: facts.Leave("continue"),
    ast.Assert: _assert,
    ast.Delete: _delete,
    ast.Global: lambda _, node: facts.Share(tuple(node.names)),
    ast.Nonlocal: lambda _, node: facts.Share(tuple(node.names)),
    ast.Import: _import,
    ast.ImportFrom: _import,
    ast.If: _if,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.Match: _match,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
}
if hasattr(ast, "TryStar"):  # Python 3.11
    _STATEMENTS[ast.TryStar] = _try
