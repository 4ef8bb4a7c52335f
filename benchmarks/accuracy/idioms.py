"""What training code is made of, told from syntax."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

from benchmarks.accuracy.repository import Repository
from benchmarks.accuracy.script import FUNCTIONS, Function, Loop, Script, own
from benchmarks.accuracy.text import Block

Test = Callable[[ast.AST], bool]
CLIPS = ("clip_grad_norm_", "clip_grad_norm", "clip_grad_value_", "clip_grad_value")


def statements(script: Script) -> Iterator[ast.stmt]:
    """Yield all statements of a file, in the order of the source."""
    for node in ast.walk(script.tree):
        if isinstance(node, ast.stmt):
            yield node


def method(node: ast.AST, name: str, arguments: int | None = None) -> ast.expr | None:
    """Return what a method of this name is called on, if the node is such a call or a statement that is one."""
    call = node.value if isinstance(node, ast.Expr) else node
    match call:
        case ast.Call(func=ast.Attribute(value=receiver, attr=attr)) if attr == name:
            count = len(call.args) + len(call.keywords)
            return receiver if arguments is None or count == arguments else None
    return None


def method_calls(script: Script, name: str, arguments: int | None = None) -> Iterator[tuple[ast.Expr, str]]:
    """Yield the statements that call a method of this name, and the text of what it is called on."""
    for statement in statements(script):
        if isinstance(statement, ast.Expr):
            receiver = method(statement, name, arguments)
            if receiver is not None:
                yield statement, ast.unparse(receiver)


def receiver_of(statement: ast.Expr) -> ast.expr:
    """Return what the method is called on that a statement calls."""
    assert isinstance(statement.value, ast.Call)
    assert isinstance(statement.value.func, ast.Attribute)
    return statement.value.func.value


def is_backward(node: ast.AST) -> bool:
    """Tell whether the node is a call of `backward`."""
    return isinstance(node, ast.Call) and method(node, "backward") is not None


def clears(node: ast.AST) -> bool:
    """Tell whether the node is a call of `zero_grad`."""
    return isinstance(node, ast.Call) and method(node, "zero_grad") is not None


def is_any_step(node: ast.AST) -> bool:
    """Tell whether the node is a call of `step`, but not on what is called a scheduler."""
    receiver = method(node, "step") if isinstance(node, ast.Call) else None
    return receiver is not None and "sched" not in ast.unparse(receiver).lower()


def is_clip(node: ast.AST) -> bool:
    """Tell whether the node is a call that clips gradients."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in CLIPS
    return False


def steps(optimizer: str) -> Test:
    """Return a test for calls that step an optimizer, itself or through a scaler."""

    def test(node: ast.AST) -> bool:
        receiver = method(node, "step") if isinstance(node, ast.Call) else None
        if receiver is None:
            return False
        assert isinstance(node, ast.Call)
        return ast.unparse(receiver) == optimizer or any(ast.unparse(a) == optimizer for a in node.args)

    return test


def calls_method(receiver: str, name: str) -> Test:
    """Return a test for calls of a method on a receiver of that text."""

    def test(node: ast.AST) -> bool:
        found = method(node, name) if isinstance(node, ast.Call) else None
        return found is not None and ast.unparse(found) == receiver

    return test


def has(nodes: ast.AST | Sequence[ast.AST], test: Test) -> bool:
    """Tell whether a node, or one below it in the same function, passes a test."""
    return any(True for _ in find([nodes] if isinstance(nodes, ast.AST) else nodes, test))


def find(nodes: Sequence[ast.AST], test: Test) -> Iterator[ast.AST]:
    """Yield the nodes among these and below them, in the same function, that pass a test."""
    for each in nodes:
        if test(each):
            yield each
        if not isinstance(each, (*FUNCTIONS, ast.ClassDef)):
            yield from (inner for inner in own(each) if test(inner))


def index(block: Block, test: Test, start: int = 0, stop: int | None = None) -> int | None:
    """Return the position of the first statement of a block that passes a test, itself or below."""
    return next((i for i in range(start, len(block) if stop is None else stop) if has(block[i], test)), None)


def batch_loop(script: Script, repository: Repository, node: ast.AST, *tests: Test) -> Loop | Function | None:
    """Return what is run once per batch around a node: the innermost loop in which all tests pass.

    Without such a loop it is the function in which they all pass, if that is surely called in a loop.
    """
    for loop in script.loops(node):
        if all(has(loop.body, test) for test in tests):
            return loop
    function = script.function(node)
    if function is not None and all(has(function.body, test) for test in tests):
        return function if repository.repeated(script, function) else None
    return None


def mentions(nodes: Sequence[ast.AST], text: str) -> bool:
    """Tell whether an expression of this text, or a part of it, occurs in the nodes, functions inside included."""
    return any(
        isinstance(inner, ast.Name | ast.Attribute | ast.Subscript) and ast.unparse(inner) == text
        for node in nodes
        for inner in ast.walk(node)
    )


def assigned(statement: ast.AST) -> tuple[str, ast.expr] | None:
    """Return target and value of an assignment to one name or attribute."""
    match statement:
        case ast.Assign(targets=[ast.Name() | ast.Attribute() as target], value=value):
            return ast.unparse(target), value
    return None


def names_in(node: ast.AST) -> set[str]:
    """Return the names used in a node."""
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def is_no_grad(script: Script, node: ast.AST) -> bool:
    """Tell whether an expression turns autograd off."""
    return isinstance(node, ast.Call) and script.dotted(node.func) in ("torch.no_grad", "torch.inference_mode")


def runs_without_grad(script: Script, node: ast.AST) -> bool:
    """Tell whether a node of a function is inside `with torch.no_grad()`, or the function is decorated so."""
    for outer in script.ancestors(node):
        if isinstance(outer, ast.With) and any(is_no_grad(script, item.context_expr) for item in outer.items):
            return True
        if isinstance(outer, FUNCTIONS):
            return any("no_grad" in ast.unparse(d) or "inference_mode" in ast.unparse(d) for d in outer.decorator_list)
    return False
