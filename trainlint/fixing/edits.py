"""What each edit does to the concrete syntax of a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from trainlint import edit as kinds
from trainlint.edit import Edit
from trainlint.fixing.blocks import cover, enter, insert, move
from trainlint.fixing.calls import call_other, set_argument
from trainlint.fixing.imports import imported
from trainlint.fixing.names import fill
from trainlint.fixing.tree import CannotEditError, Tree


def apply(tree: Tree, edit: Edit) -> cst.Module:
    """Return the file with an edit made.

    Raises:
        CannotEditError: the code is not what the edit is made for.
    """
    try:
        return _EDITS[type(edit)](tree, edit)
    except (cst.CSTValidationError, cst.ParserSyntaxError, RecursionError) as error:
        raise CannotEditError("the changed code would be no Python") from error


def _rewrite(tree: Tree, edit: kinds.Rewrite) -> cst.Module:
    found = tree.at(edit.at, cst.BaseExpression, cst.BaseSmallStatement)  # type: ignore[type-abstract]
    node = {"": _itself, "added": _added, "value": _value}[edit.part](found)
    if not isinstance(node, cst.BaseExpression):
        raise CannotEditError("the code is not of the form that the fix knows")
    text = tree.text(node)
    if "{}." in edit.code and not isinstance(node, (cst.Name, cst.Attribute, cst.Call, cst.Subscript)):
        text = text if node.lpar else f"({text})"
    code = fill(tree, edit.code, edit.names, node)
    for hole in ("base", "first"):
        if f"{{{hole}}}" in code:
            code = code.replace(f"{{{hole}}}", _plain_part(tree, node, hole))
    if "{inner}" in code:
        code = code.replace("{inner}", _inner(tree, node))
    code = code.replace("{}", text)
    if "=" not in edit.code.partition("(")[0]:
        new: cst.CSTNode = tree.expression(code)
        return tree.changed((node, lambda _: new))
    statement = tree.small_statement(node)
    if not isinstance(statement, cst.Expr) or statement.value is not node:
        raise CannotEditError("the call is no statement of its own")
    assignment = tree.statement(code).body[0].with_changes(semicolon=statement.semicolon)
    return tree.changed((statement, lambda _: assignment))


def _plain_part(tree: Tree, node: cst.BaseExpression, hole: str) -> str:
    """Return what a method is called on, or what a function is given first, where that is a name or an attribute."""
    part: cst.CSTNode | None = None
    if isinstance(node, cst.Call) and hole == "base" and isinstance(node.func, cst.Attribute):
        part = node.func.value
    elif isinstance(node, cst.Call) and hole == "first" and node.args and not node.args[0].star:
        part = node.args[0].value
    if isinstance(part, (cst.Name, cst.Attribute)):
        return tree.text(part)
    raise CannotEditError("what is to be changed has no plain name")


def _inner(tree: Tree, node: cst.BaseExpression) -> str:
    """Return the tensor of a call: what a method is called on, or what a function of a module is given first."""
    if not isinstance(node, cst.Call) or not isinstance(node.func, (cst.Name, cst.Attribute)):
        raise CannotEditError("the code is not of the form that the fix knows")
    modules = {each.local for each in imported(tree)}
    root: cst.BaseExpression = node.func
    while isinstance(root, cst.Attribute):
        root = root.value
    if not (isinstance(root, cst.Name) and root.value in modules):
        if isinstance(node.func, cst.Attribute) and tree.text(node.func.value) != "self":
            return tree.text(node.func.value)
    elif node.args and not node.args[0].star and node.args[0].keyword is None:
        return tree.text(node.args[0].value)
    raise CannotEditError("the code is not of the form that the fix knows")


def _itself(node: cst.CSTNode) -> cst.CSTNode:
    return node


def _value(node: cst.CSTNode) -> cst.CSTNode:
    """Return what a statement assigns."""
    if isinstance(node, (cst.Assign, cst.AnnAssign)) and node.value is not None:
        return node.value
    raise CannotEditError("nothing is assigned there")


def _added(node: cst.CSTNode) -> cst.CSTNode:
    """Return what a statement or a call adds to something."""
    match node:
        case cst.AugAssign(value=value):
            return value
        case cst.Assign(targets=[cst.AssignTarget(target=target)], value=cst.BinaryOperation(left=left, right=right)):
            if left.deep_equals(target):
                return right
            if right.deep_equals(target):
                return left
        case cst.Call(args=[cst.Arg(value=value, keyword=None, star=""), *_]):
            return value
    raise CannotEditError("what is added is not written there")


def _assigned(tree: Tree, at: object) -> tuple[cst.Assign, cst.Attribute]:
    statement = tree.at(at, cst.Assign)  # type: ignore[arg-type]
    if len(statement.targets) == 1 and isinstance(statement.targets[0].target, cst.Attribute):
        return statement, statement.targets[0].target
    raise CannotEditError("several things are assigned at once")


def _rename(tree: Tree, edit: kinds.Rename) -> cst.Module:
    _, target = _assigned(tree, edit.at)
    if target.attr.value != edit.old:
        raise CannotEditError(f"`{edit.old}` is not assigned there")
    return tree.changed((target.attr, lambda name: name.with_changes(value=edit.new)))


def _call_instead(tree: Tree, edit: kinds.CallInstead) -> cst.Module:
    statement, target = _assigned(tree, edit.at)
    code = f"{tree.text(target.value)}.{edit.method}({tree.text(statement.value)})"
    call = cst.Expr(tree.expression(code), semicolon=statement.semicolon)
    return tree.changed((statement, lambda _: call))


_EDITS: dict[type, Callable[[Tree, Any], cst.Module]] = {
    kinds.Rewrite: _rewrite,
    kinds.Rename: _rename,
    kinds.CallInstead: _call_instead,
    kinds.SetArgument: set_argument,
    kinds.CallOther: call_other,
    kinds.Insert: insert,
    kinds.Move: move,
    kinds.Enter: enter,
    kinds.Cover: cover,
}
