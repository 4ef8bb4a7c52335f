"""Bugs in whether autograd records."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from benchmarks.accuracy.idioms import (
    find,
    has,
    is_backward,
    is_no_grad,
    runs_without_grad,
    statements,
)
from benchmarks.accuracy.models import modules
from benchmarks.accuracy.repository import Repository
from benchmarks.accuracy.script import FUNCTIONS, Function, Script
from benchmarks.accuracy.seeding import Change, Kind


def no_grad_removed(script: Script, repository: Repository) -> Iterator[Change]:
    """`with torch.no_grad():` or `@torch.no_grad()` is removed from around an evaluation loop.

    In it a model of the repository or of torchvision is applied in a loop; nothing there or around runs backward or
    turns autograd off in another way, nor do the callers, and nothing in the repository freezes parameters.
    """
    if any(_freezes(node) for home in repository.scripts for node in ast.walk(home.tree)):
        return
    for statement in statements(script):
        if isinstance(statement, ast.With) and _enters_no_grad(script, statement):
            function, looped = script.function(statement), bool(script.loops(statement))
            trains = function is not None and has(list(function.body), is_backward)
            evaluates = not trains and _evaluates(script, repository, statement.body, looped)
            if evaluates and _records(script, repository, statement):
                yield Change(statement, script.text.unwrap(statement))
        elif isinstance(statement, FUNCTIONS) and len(statement.decorator_list) == 1:
            decorator = statement.decorator_list[0]
            evaluates = is_no_grad(script, decorator) and _evaluates(script, repository, statement.body, False)
            if evaluates and not _called_without_grad(script, repository, statement):
                yield Change(statement.body[0], script.text.delete_decorator(decorator))


def _enters_no_grad(script: Script, statement: ast.With) -> bool:
    item = statement.items[0]
    return len(statement.items) == 1 and item.optional_vars is None and is_no_grad(script, item.context_expr)


def _evaluates(script: Script, repository: Repository, block: Sequence[ast.stmt], looped: bool) -> bool:
    if has(block, is_backward):
        return False
    for call in find(block, lambda node: isinstance(node, ast.Call)):
        assert isinstance(call, ast.Call)
        within = looped or bool(script.loops(call))
        if within and isinstance(call.func, ast.Name | ast.Attribute) and modules(repository, script, call.func):
            return True
    return False


def _records(script: Script, repository: Repository, statement: ast.With) -> bool:
    function = script.function(statement)
    if runs_without_grad(script, statement):
        return False
    return function is None or not _called_without_grad(script, repository, function)


def _called_without_grad(script: Script, repository: Repository, function: Function) -> bool:
    return any(runs_without_grad(home, call) for home, call in repository.all_callers(script, function))


def _freezes(node: ast.AST) -> bool:
    match node:
        case ast.Assign(targets=[ast.Attribute(attr="requires_grad")]):
            return True
        case ast.Call(func=ast.Attribute(attr="requires_grad_" | "set_grad_enabled")):
            return True
    return False


KINDS = (Kind("no-grad-removed", ("TL103",), no_grad_removed),)
