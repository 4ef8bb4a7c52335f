"""Bugs in how gradients are computed, clipped and kept."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from benchmarks.accuracy.idioms import (
    assigned,
    clears,
    find,
    has,
    index,
    is_any_step,
    is_backward,
    is_clip,
    mentions,
    method,
    method_calls,
    names_in,
    statements,
)
from benchmarks.accuracy.repository import Repository
from benchmarks.accuracy.script import Script
from benchmarks.accuracy.seeding import Change, Kind
from benchmarks.accuracy.text import Edit


def clip_after_step(script: Script, repository: Repository) -> Iterator[Change]:
    """Clipping is moved behind the step.

    Backward, clipping and step are statements of one block, in this order; the function clears gradients too, and
    nothing between clipping and step uses the norm.
    """
    for statement in statements(script):
        match statement:
            case ast.Expr(value=call) if is_clip(call):
                norm = ""
            case ast.Assign(targets=[ast.Name(id=norm)], value=call) if is_clip(call):
                pass
            case _:
                continue
        block, scope = script.block(statement), script.scope(statement)
        at = block.index(statement)
        backward = index(block, is_backward, 0, at)
        after = [i for i in range(at + 1, len(block)) if has(block[i], is_any_step)]
        until = index(block, is_backward, at + 1)
        after = [i for i in after if until is None or i < until]
        if backward is None or not after or not has(list(scope.body), clears):
            continue
        if not norm or not any(norm in names_in(node) for node in block[at + 1 : after[-1] + 1]):
            yield Change(statement, script.text.move(statement, block, after=block[after[-1]]))


def item_dropped(script: Script, repository: Repository) -> Iterator[Change]:
    """`total += loss.item()` becomes `total += loss`.

    The loss is a name on which the same loop calls `backward`; the total is not set anew in that loop.
    """
    for statement in statements(script):
        match statement:
            case ast.AugAssign(target=ast.Name() | ast.Attribute() as target, op=ast.Add(), value=value):
                taken, total = _taken_out(value), ast.unparse(target)
            case _:
                continue
        loops = script.loops(statement)
        if taken is None or not loops:
            continue
        whole, loss = taken
        trained = [
            node
            for node in find([loops[0]], is_backward)
            if mentions([method(node, "backward") or node], ast.unparse(loss))
        ]
        reset = any(a is not None and a[0] == total for a in map(assigned, script.own(loops[0])))
        if trained and not reset:
            yield Change(statement, script.text.replace(whole, script.text.of(loss)))


def loss_detached(script: Script, repository: Repository) -> Iterator[Change]:
    """`loss = criterion(…)` becomes `loss = criterion(…).detach()`.

    The next thing in the block that concerns the name is `loss.backward()`, and nothing adds to it in between.
    """
    for statement, value in _losses(script):
        yield Change(statement, (*_bracketed(script, value), Edit(*(script.text.span(value)[1],) * 2, b".detach()")))


def loss_rewrapped(script: Script, repository: Repository) -> Iterator[Change]:
    """`loss = criterion(…)` becomes `loss = torch.tensor(criterion(…), requires_grad=True)`.

    As for a detached loss; and the file imports `torch`. Backward then runs, and teaches nothing.
    """
    if script.imports.get("torch") != "torch":
        return
    for statement, value in _losses(script):
        start, end = script.text.span(value)
        yield Change(statement, (Edit(start, start, b"torch.tensor("), Edit(end, end, b", requires_grad=True)")))


def hidden_not_detached(script: Script, repository: Repository) -> Iterator[Change]:
    """The statement that detaches the recurrent state is deleted.

    It sets a name from itself, with `detach` or by a function of the repository that detaches; the same loop, of which
    it is no target, gives the name to a call, sets it to one of that call's several results, and runs backward.
    """
    for statement in statements(script):
        pair = assigned(statement)
        if pair is None or not isinstance(statement, ast.Assign) or not script.loops(statement):
            continue
        name, value = pair
        loop = script.loops(statement)[0]
        is_target = isinstance(loop, ast.For) and mentions([loop.target], name)
        if is_target or not mentions([value], name) or not _detaches(script, repository, value):
            continue
        carried = any(
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and isinstance(node.targets[0], ast.Tuple)
            and mentions([*node.value.args, *node.value.keywords], name)
            and mentions(node.targets, name)
            for node in script.own(loop)
        )
        if carried and has(list(loop.body), is_backward):
            yield Change(statement, script.text.delete(statement, script.block(statement)))


def accumulation_not_scaled(script: Script, repository: Repository) -> Iterator[Change]:
    """The statement that divides the loss by the number of accumulated batches is deleted.

    The same loop runs backward on the loss and steps under a condition with `%` and the same number.
    """
    for statement in statements(script):
        match statement:
            case ast.AugAssign(target=ast.Name(id=loss), op=ast.Div(), value=count):
                pass
            case ast.Assign(
                targets=[ast.Name(id=loss)],
                value=ast.BinOp(left=ast.Name(id=divided), op=ast.Div(), right=count),
            ) if divided == loss:
                pass
            case _:
                continue
        loops = script.loops(statement)
        if not loops:
            continue
        windows = [node for node in find(loops[0].body, lambda n: isinstance(n, ast.If)) if isinstance(node, ast.If)]
        counted = any(_counts(w.test, ast.unparse(count)) and has(w.body, is_any_step) for w in windows)
        if counted and any(loss in names_in(backward) for backward in find(loops[0].body, is_backward)):
            yield Change(statement, script.text.delete(statement, script.block(statement)))


def graph_retained(script: Script, repository: Repository) -> Iterator[Change]:
    """`loss.backward()` becomes `loss.backward(retain_graph=True)`.

    It is the only backward of its function, and stands in a loop.
    """
    for statement, _ in method_calls(script, "backward", 0):
        scope = script.scope(statement)
        backwards = list(find(list(scope.body), is_backward))
        if script.loops(statement) and len(backwards) == 1 and not has(list(scope.body), _is_autograd):
            end = script.text.span(statement)[1]
            yield Change(statement, (Edit(end - 1, end - 1, b"retain_graph=True"),))


def _is_autograd(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "grad"


def _taken_out(value: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    """Return the part of a sum's term that takes a number out of a tensor, and the tensor."""
    factor = value.left if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult | ast.Div) else value
    match factor:
        case ast.Call(func=ast.Attribute(value=ast.Name() as loss, attr="item" | "detach"), args=[]):
            return factor, loss
        case ast.Subscript(value=ast.Attribute(value=ast.Name() as loss, attr="data"), slice=ast.Constant(value=0)):
            return factor, loss
        case ast.Call(func=ast.Name(id="float"), args=[ast.Name() as loss]):
            return factor, loss
    return None


def _losses(script: Script) -> Iterator[tuple[ast.Assign, ast.expr]]:
    for statement in statements(script):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() | ast.BinOp() as value):
                pass
            case _:
                continue
        block = script.block(statement)
        later = [node for node in block[block.index(statement) + 1 :] if name in names_in(node)]
        if later and isinstance(later[0], ast.Expr):
            receiver = method(later[0], "backward")
            if isinstance(receiver, ast.Name) and receiver.id == name:
                yield statement, value


def _bracketed(script: Script, value: ast.expr) -> tuple[Edit, ...]:
    if isinstance(value, ast.Call):
        return ()
    start, end = script.text.span(value)
    return Edit(start, start, b"("), Edit(end, end, b")")


def _detaches(script: Script, repository: Repository, value: ast.expr) -> bool:
    def test(node: ast.AST) -> bool:
        return isinstance(node, ast.Attribute) and node.attr in ("detach", "data")

    if any(test(node) for node in ast.walk(value)):
        return True
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Name)
        and any(has(list(function.body), test) for _, function in repository.callees(script, value))
    )


def _counts(test: ast.expr, count: str) -> bool:
    return any(
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and ast.unparse(node.right) == count
        for node in ast.walk(test)
    )


KINDS = (
    Kind("clip-after-step", ("TL403",), clip_after_step),
    Kind("item-dropped", ("TL404",), item_dropped),
    Kind("loss-detached", ("TL407",), loss_detached),
    Kind("loss-rewrapped", ("TL407",), loss_rewrapped),
    Kind("hidden-not-detached", ("TL408",), hidden_not_detached),
    Kind("accumulation-not-scaled", ("TL405",), accumulation_not_scaled),
    Kind("graph-retained", ("TL409",), graph_retained),
)
