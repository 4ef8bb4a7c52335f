"""Bugs in mixed precision."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from benchmarks.accuracy.hoisting import into_loop
from benchmarks.accuracy.idioms import (
    calls_method,
    find,
    has,
    index,
    is_backward,
    is_clip,
    method,
    method_calls,
    statements,
)
from benchmarks.accuracy.repository import Repository
from benchmarks.accuracy.script import Script
from benchmarks.accuracy.seeding import Change, Kind
from benchmarks.accuracy.text import Edit


def unscale_deleted(script: Script, repository: Repository) -> Iterator[Change]:
    """`scaler.unscale_(optimizer)` is deleted.

    Later in its block gradients are clipped, then the scaler steps; it is the block's only unscale.
    """
    for statement, scaler in method_calls(script, "unscale_", 1):
        block = script.block(statement)
        at = block.index(statement)
        clip = index(block, is_clip, at + 1)
        step = index(block, calls_method(scaler, "step"), at + 1)
        if clip is not None and step is not None and clip <= step and len(list(find(block, _is_unscale))) == 1:
            yield Change(statement, script.text.delete(statement, block))


def scaler_update_deleted(script: Script, repository: Repository) -> Iterator[Change]:
    """`scaler.update()` is deleted.

    The function scales a loss and steps with the scaler, and updates it nowhere else.
    """
    for statement, scaler in method_calls(script, "update", 0):
        body = list(script.scope(statement).body)
        updates = list(find(body, calls_method(scaler, "update")))
        if len(updates) == 1 and _scales(body, scaler) and has(body, calls_method(scaler, "step")):
            yield Change(statement, script.text.delete(statement, script.block(statement)))


def step_without_scaler(script: Script, repository: Repository) -> Iterator[Change]:
    """`scaler.step(optimizer)` becomes `optimizer.step()`.

    The function scales the loss with that scaler, and nothing unscales the gradients.
    """
    for statement, scaler in method_calls(script, "step", 1):
        call, body = statement.value, list(script.scope(statement).body)
        assert isinstance(call, ast.Call)
        if call.args and _scales(body, scaler) and not any(find(body, _is_unscale)):
            yield Change(statement, script.text.replace(call, script.text.of(call.args[0]) + b".step()"))


def loss_not_scaled(script: Script, repository: Repository) -> Iterator[Change]:
    """`scaler.scale(loss).backward()` becomes `loss.backward()`.

    The function steps with that scaler and has no other backward with it.
    """
    for statement in statements(script):
        scaled = method(statement, "backward") if isinstance(statement, ast.Expr) else None
        scaler = None if scaled is None else method(scaled, "scale", 1)
        if scaler is None or not isinstance(scaled, ast.Call) or not scaled.args:
            continue
        body, loss = list(script.scope(statement).body), scaled.args[0]
        once = len(list(find(body, calls_method(ast.unparse(scaler), "scale")))) == 1
        if once and has(body, calls_method(ast.unparse(scaler), "step")) and isinstance(loss, ast.Name | ast.Attribute):
            yield Change(statement, script.text.replace(scaled, script.text.of(loss)))


def backward_in_autocast(script: Script, repository: Repository) -> Iterator[Change]:
    """The backward is moved into the `with autocast():` block.

    It is the statement right after the block, of which autocast is the only context.
    """
    for statement in statements(script):
        if not isinstance(statement, ast.Expr) or not is_backward(statement.value):
            continue
        block = script.block(statement)
        at = block.index(statement)
        before = block[at - 1] if at else None
        if isinstance(before, ast.With) and len(before.items) == 1:
            context = before.items[0].context_expr
            if isinstance(context, ast.Call) and script.dotted(context.func).split(".")[-1] == "autocast":
                yield Change(statement, script.text.move(statement, block, after=before.body[-1]))


def scaler_in_loop(script: Script, repository: Repository) -> Iterator[Change]:
    """`scaler = GradScaler()` is moved into the loop that uses it.

    It stands before the loop in the same block, and nothing in between uses it; the loop steps with it.
    """
    for change, _ in into_loop(script, repository, lambda call: script.dotted(call.func).endswith("GradScaler")):
        yield change


def scaler_not_saved(script: Script, repository: Repository) -> Iterator[Change]:
    """The scaler is left out of the checkpoint.

    A dict display has its `state_dict()` besides that of at least two other things.
    """
    for node in ast.walk(script.tree):
        if not isinstance(node, ast.Dict):
            continue
        saved = [method(value, "state_dict") for value in node.values]
        for at, of in enumerate(saved):
            if of is None or "scaler" not in ast.unparse(of).split(".")[-1] or sum(map(bool, saved)) < 3:
                continue
            key = node.keys[at]
            if at and key is not None:
                start, end = script.text.span(node.values[at - 1])[1], script.text.span(node.values[at])[1]
                yield Change(key, (Edit(start, end),))


def _is_unscale(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and method(node, "unscale_") is not None


def _scales(body: list[ast.stmt], scaler: str) -> bool:
    return has(body, calls_method(scaler, "scale")) and has(body, is_backward)


KINDS = (
    Kind("unscale-deleted", ("TL301",), unscale_deleted),
    Kind("scaler-update-deleted", ("TL302",), scaler_update_deleted),
    Kind("step-without-scaler", ("TL303",), step_without_scaler),
    Kind("loss-not-scaled", ("TL304",), loss_not_scaled),
    Kind("backward-in-autocast", ("TL305",), backward_in_autocast),
    Kind("scaler-in-loop", ("TL308",), scaler_in_loop),
    Kind("scaler-not-saved", ("TL309",), scaler_not_saved),
)
