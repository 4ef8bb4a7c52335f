"""Bugs in the mode of a model."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache

from benchmarks.accuracy.idioms import (
    calls_method,
    find,
    has,
    is_backward,
    method,
    method_calls,
    receiver_of,
)
from benchmarks.accuracy.models import acts_by_mode, modules
from benchmarks.accuracy.repository import Repository
from benchmarks.accuracy.script import Function, Loop, Script
from benchmarks.accuracy.seeding import Change, Kind


def eval_deleted(script: Script, repository: Repository) -> Iterator[Change]:
    """`model.eval()` is deleted.

    By the repository's own sources the model has batch norm, or dropout that drops. After the statement, and before
    any `model.train()`, the function or one that it gives the model to applies the model, and nothing runs backward.
    No other call puts the model into eval mode and leaves it so, nor anything in a caller.
    """
    for statement, model in method_calls(script, "eval", 0):
        if not acts_by_mode(repository, script, receiver_of(statement)) or _is_eval_elsewhere(
            script, repository, statement
        ):
            continue
        block = script.block(statement)
        reach: list[ast.stmt] = []
        for later in block[block.index(statement) + 1 :]:
            if has(later, calls_method(model, "train")):
                break
            reach.append(later)
        if _applies(script, repository, reach, model) and not _trains(script, repository, reach):
            yield Change(statement, script.text.delete(statement, block))


def train_deleted(script: Script, repository: Repository) -> Iterator[Change]:
    """`model.train()` is deleted, so that every epoch but the first trains in eval mode.

    The model acts by mode, as for a deleted `eval`. One loop holds this call, the only one that puts anything into
    training mode, a backward, and a `model.eval()`, each itself or in a function that it calls.
    """
    for statement, _ in _epoch_trains(script, repository):
        yield Change(statement, script.text.delete(statement, script.block(statement)))


def train_before_epochs(script: Script, repository: Repository) -> Iterator[Change]:
    """`model.train()` is moved out of the loop over epochs, to before it.

    As for a deleted `model.train()`; and it stands directly in the body of that loop.
    """
    for statement, loop in _epoch_trains(script, repository):
        if statement in loop.body:
            yield Change(statement, script.text.move(statement, script.block(statement), before=loop))


def _is_eval_elsewhere(script: Script, repository: Repository, statement: ast.Expr) -> bool:
    body, model = list(script.scope(statement).body), ast.unparse(receiver_of(statement))
    switches = any(isinstance(node, ast.Call) and node.args for node in find(body, calls_method(model, "train")))
    made = {id(each.call) for each in modules(repository, script, receiver_of(statement)) or ()}
    left = any(other is not statement and made & others for other, others in _left_in_eval(repository))
    if switches or left:
        return True
    function = script.function(statement)
    return function is not None and any(
        has(list(home.scope(call).body), _evals) for home, call in repository.all_callers(script, function)
    )


@lru_cache(maxsize=1)
def _left_in_eval(repository: Repository) -> list[tuple[ast.Expr, set[int]]]:
    """Return the calls of `eval` that no `train` follows in the function, and what may have made their models."""
    found: list[tuple[ast.Expr, set[int]]] = []
    for script in repository.scripts:
        for statement, model in method_calls(script, "eval", 0):
            trains = find(list(script.scope(statement).body), calls_method(model, "train"))
            if not any(isinstance(node, ast.Call) and node.lineno > statement.lineno for node in trains):
                made = modules(repository, script, receiver_of(statement))
                found.append((statement, {id(each.call) for each in made or ()}))
    return found


def _applies(script: Script, repository: Repository, block: Sequence[ast.stmt], model: str) -> bool:
    for call in find(block, lambda node: isinstance(node, ast.Call)):
        assert isinstance(call, ast.Call)
        if ast.unparse(call.func) in (model, f"{model}.module"):
            return True
        for position, given in enumerate(call.args):
            if ast.unparse(given) != model:
                continue
            for _, function in repository.callees(script, call):
                names = [arg.arg for arg in function.args.args if arg.arg != "self"]
                if position < len(names) and _uses_as_given(function, names[position]):
                    return True
    return False


def _uses_as_given(function: Function, name: str) -> bool:
    """Tell whether a function applies its parameter and leaves its mode alone."""
    body = list(function.body)
    applied = any(
        isinstance(node, ast.Call) and ast.unparse(node.func) == name
        for node in find(body, lambda node: isinstance(node, ast.Call))
    )
    return applied and not has(body, calls_method(name, "eval")) and not has(body, calls_method(name, "train"))


def _trains(script: Script, repository: Repository, block: Sequence[ast.stmt]) -> bool:
    return has(block, is_backward) or any(
        has(list(function.body), is_backward)
        for call in find(block, lambda node: isinstance(node, ast.Call))
        for _, function in repository.callees(script, call)  # type: ignore[arg-type]
    )


def _epoch_trains(script: Script, repository: Repository) -> Iterator[tuple[ast.Expr, Loop]]:
    for statement, model in method_calls(script, "train", 0):
        if not acts_by_mode(repository, script, receiver_of(statement)):
            continue
        for loop in script.loops(statement):
            calls = [call for call in script.calls(loop) if method(call, "train") is None]
            called = [list(f.body) for call in calls for _, f in repository.callees(script, call)]
            alone = sum(1 for _ in find(loop.body, _sets_mode)) == 1 and not any(
                has(body, _sets_mode) for body in called
            )
            evaluated = has(loop.body, calls_method(model, "eval"))
            if alone and evaluated and any(has(body, is_backward) for body in (loop.body, *called)):
                yield statement, loop
                break
        function = script.function(statement)
        if function is not None and has(list(function.body), is_backward) and not script.loops(statement):
            yield from _trains_in_call(script, repository, statement, function)


def _trains_in_call(
    script: Script, repository: Repository, statement: ast.Expr, function: Function
) -> Iterator[tuple[ast.Expr, Loop]]:
    """Yield the statement if a loop calls its function and another one that evaluates the same model, and no third."""
    if sum(1 for _ in find(list(function.body), _sets_mode)) != 1 or has(list(function.body), _evals):
        return
    trained = {id(made.call) for made in modules(repository, script, receiver_of(statement)) or ()}
    callers = list(repository.callers(script, function))
    if len(callers) != 1 or not callers[0][0].loops(callers[0][1]):
        return
    home, call = callers[0]
    loop = home.loops(call)[-1]
    others = [
        (where, other)
        for each in home.calls(loop)
        for where, other in repository.callees(home, each)
        if other is not function
    ]
    if has(loop.body, _sets_mode) or any(has(list(other.body), _sets_mode) for _, other in others):
        return
    for where, other in others:
        for each in find(list(other.body), _evals):
            evaluated = modules(repository, where, method(each, "eval") or ast.Constant(None))
            if trained and {id(made.call) for made in evaluated or ()} == trained:
                yield statement, loop
                return


def _sets_mode(node: ast.AST) -> bool:
    """Tell whether a call sets the mode of something, other than by `eval()`."""
    return isinstance(node, ast.Call) and method(node, "train") is not None and len(node.args) + len(node.keywords) <= 1


def _evals(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and method(node, "eval", 0) is not None


KINDS = (
    Kind("eval-deleted", ("TL101",), eval_deleted),
    Kind("train-deleted", ("TL102",), train_deleted),
    Kind("train-before-epochs", ("TL102",), train_before_epochs),
)
