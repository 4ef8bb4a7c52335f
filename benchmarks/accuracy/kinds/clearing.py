"""Bugs in the order of clearing, backward and step."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from benchmarks.accuracy.idioms import (
    batch_loop,
    calls_method,
    clears,
    find,
    has,
    index,
    is_backward,
    method,
    method_calls,
    steps,
)
from benchmarks.accuracy.repository import Repository
from benchmarks.accuracy.script import Script
from benchmarks.accuracy.seeding import Change, Kind


def zero_grad_deleted(script: Script, repository: Repository) -> Iterator[Change]:
    """`optimizer.zero_grad()` is deleted.

    It is run once per batch together with a backward and a step of the same optimizer, and nothing else there clears
    gradients: no other `zero_grad` but those of optimizers that step as well, no `.grad = None`, no function of the
    repository that does it.
    """
    for statement, optimizer in method_calls(script, "zero_grad"):
        unit = batch_loop(script, repository, statement, is_backward, steps(optimizer))
        if unit is None:
            continue
        block = list(unit.body)
        others = {ast.unparse(receiver) for node in find(block, clears) if (receiver := method(node, "zero_grad"))}
        alone = sum(has(node, calls_method(optimizer, "zero_grad")) for node in find(block, _is_expression)) == 1
        independent = all(has(block, steps(other)) for other in others)
        if (
            alone
            and independent
            and not has(block, _forgets_gradients)
            and not _calls_clearing(script, repository, block)
        ):
            yield Change(statement, script.text.delete(statement, script.block(statement)))


def zero_grad_before_step(script: Script, repository: Repository) -> Iterator[Change]:
    """`optimizer.zero_grad()` is moved between backward and step.

    The three are statements of one block, in the order zero_grad, backward, step.
    """
    for statement, optimizer in method_calls(script, "zero_grad"):
        block = script.block(statement)
        cleared = block.index(statement)
        step = index(block, steps(optimizer), cleared + 1)
        if step is not None and index(block, is_backward, cleared + 1, step) is not None:
            yield Change(statement, script.text.move(statement, block, before=block[step]))


def step_before_backward(script: Script, repository: Repository) -> Iterator[Change]:
    """`optimizer.step()` is moved before the backward.

    Both are statements of one block, and no other backward stands before the step.
    """
    for statement, optimizer in method_calls(script, "step"):
        block = script.block(statement)
        step = block.index(statement)
        backwards = [i for i in range(step) if has(block[i], is_backward)]
        clears = has(list(script.scope(statement).body), calls_method(optimizer, "zero_grad"))
        if len(backwards) == 1 and clears:
            yield Change(statement, script.text.move(statement, block, before=block[backwards[0]]))


def zero_grad_in_window(script: Script, repository: Repository) -> Iterator[Change]:
    """`optimizer.zero_grad()` is moved out of the accumulation window, to every micro-batch.

    It stands with the step under a condition with `%`, in a loop whose body runs the only backward before that.
    """
    for statement, optimizer in method_calls(script, "zero_grad"):
        window, loops = script.parent(statement), script.loops(statement)
        if not isinstance(window, ast.If) or not loops or window not in loops[0].body:
            continue
        block = loops[0].body
        backward = index(block, is_backward, 0, block.index(window))
        counted = any(isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) for node in ast.walk(window.test))
        alone = len(list(find(block, is_backward))) == 1
        if backward is not None and alone and counted and has(window.body, steps(optimizer)):
            yield Change(statement, script.text.move(statement, script.block(statement), before=block[backward]))


def _is_expression(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr)


def _forgets_gradients(node: ast.AST) -> bool:
    match node:
        case ast.Assign(targets=[ast.Attribute(attr="grad")]):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="grad"), attr="zero_" | "fill_")):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Attribute(value=ast.Attribute(attr="grad")), attr="zero_")):
            return True
    return False


def _calls_clearing(script: Script, repository: Repository, block: list[ast.stmt]) -> bool:
    for call in find(block, lambda node: isinstance(node, ast.Call)):
        assert isinstance(call, ast.Call)
        if method(call, "zero_grad") is not None:
            continue
        for _, function in repository.callees(script, call):
            if has(list(function.body), clears) or has(list(function.body), _forgets_gradients):
                return True
    return False


KINDS = (
    Kind("zero-grad-deleted", ("TL401",), zero_grad_deleted),
    Kind("zero-grad-before-step", ("TL402",), zero_grad_before_step),
    Kind("step-before-backward", ("TL410", "TL402"), step_before_backward),
    Kind("zero-grad-in-window", ("TL420",), zero_grad_in_window),
)
