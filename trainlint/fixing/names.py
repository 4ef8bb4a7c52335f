"""What the user's own code calls things at the place of an edit."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from trainlint.edit import Names, Written
from trainlint.finding import Location
from trainlint.fixing.imports import spelling
from trainlint.fixing.tree import CannotEditError, Tree

_DOTTED = re.compile(r"\{(\w+(?:\.\w+)+)\}")
_PLAIN = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*$")


def fill(tree: Tree, code: str, names: Names, anchor: cst.CSTNode) -> str:
    """Return code with the user's own names in it, as they are meant at a node.

    Raises:
        CannotEditError: the code around does not tell a name.
    """
    found: dict[str, str] = {}
    for hole, written in names:
        found[hole] = _name(tree, written, found, hole, anchor)
    for hole, name in found.items():
        code = code.replace(f"{{{hole}}}", name)
    for dotted in _DOTTED.findall(code):
        spelt = spelling(tree, dotted, "")
        if spelt is None:
            raise CannotEditError(f"`{dotted}` is not imported")
        code = code.replace(f"{{{dotted}}}", spelt)
    return code


def _name(tree: Tree, written: Written, found: dict[str, str], hole: str, anchor: cst.CSTNode) -> str:
    candidates: list[str] = []
    for pattern in written.uses:
        for known, name in found.items():
            pattern = pattern.replace(f"{{{known}}}", name)  # noqa: PLW2901 - one hole after another
        candidates += [name for name in _used(tree, pattern, written, anchor) if _is_bound(tree, name, anchor)]
    options = dict.fromkeys(candidates)
    if written.name in options:
        return written.name
    if len(options) == 1:
        return next(iter(options))
    if not options and _PLAIN.match(written.name) and _is_bound(tree, written.name, anchor):
        return written.name
    raise CannotEditError(f"the code around does not tell what the {hole} is called there")


def _used(tree: Tree, pattern: str, written: Written, anchor: cst.CSTNode) -> Iterator[str]:
    """Yield what stands for X in the calls that look like the pattern."""
    receiver, _, rest = pattern.rpartition(".")
    method, takes, _ = rest.partition("(")
    scope = tree.scope(anchor)
    calls = [tree.at(written.at, cst.Call)] if isinstance(written.at, Location) else tree.inside(scope)
    for call in calls:
        if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute):
            continue
        base = tree.text(call.func.value)
        if call.func.attr.value != method or (receiver not in ("X", "_") and receiver != base):
            continue
        if not takes:
            name = base
        elif call.args and not call.args[0].star:
            name = tree.text(call.args[0].value)
        else:
            continue
        if _PLAIN.match(name):
            yield name


def _is_bound(tree: Tree, name: str, anchor: cst.CSTNode) -> bool:
    """Tell whether a name means something where a node stands.

    An attribute has to be used in the same class, or file; a variable of the function has to be bound before, and that
    of a loop inside of it.
    """
    root, _, attribute = name.partition(".")
    scope: cst.FunctionDef | cst.Module = tree.scope(anchor)
    if attribute:
        home = next((each for each in tree.around(anchor) if isinstance(each, cst.ClassDef)), tree.module)
        same = (tree.text(each) for each in tree.inside(home) if isinstance(each, cst.Attribute))
        if name not in same:
            return False
    while True:
        bindings = list(_bindings(tree, scope, root))
        if bindings:
            return scope is not tree.scope(anchor) or any(_reaches(tree, each, anchor) for each in bindings)
        if isinstance(scope, cst.Module):
            return False
        scope = tree.scope(scope)


def _bindings(tree: Tree, scope: cst.FunctionDef | cst.Module, name: str) -> Iterator[cst.CSTNode]:
    """Yield what binds a name in a scope: parameters, imports, definitions, and where it is assigned."""
    for node in tree.inside(scope):
        if node is scope or tree.scope(node) is not scope:
            continue
        parent = tree.parents[node]
        match node:
            case cst.Param(name=cst.Name(value)) if value == name:
                yield node
            case cst.FunctionDef(name=cst.Name(value)) | cst.ClassDef(name=cst.Name(value)) if value == name:
                yield node
            case cst.ImportAlias():
                bound = node.evaluated_alias or node.evaluated_name.partition(".")[0]
                if bound == name:
                    yield node
            case cst.Name(value) if value == name and _is_target(tree, node):
                yield node
            case cst.Name(value) if value == name and isinstance(parent, (cst.Global, cst.Nonlocal, cst.NameItem)):
                yield node


def _is_target(tree: Tree, node: cst.CSTNode) -> bool:
    child = node
    for parent in list(tree.around(node))[1:]:
        match parent:
            case cst.AssignTarget() | cst.AsName():
                return True
            case cst.For(target=target) | cst.CompFor(target=target) | cst.AnnAssign(target=target):
                return target is child
            case cst.NamedExpr(target=target):
                return target is child
            case cst.Tuple() | cst.List() | cst.Element() | cst.StarredElement():
                child = parent
            case _:
                return False
    return False


def _reaches(tree: Tree, binding: cst.CSTNode, anchor: cst.CSTNode) -> bool:
    """Tell whether what is bound there still holds at a node behind it."""
    if isinstance(binding, cst.Param):
        return not any(isinstance(each, cst.Lambda) for each in tree.around(binding))
    enclosing = {id(each) for each in tree.around(anchor)}
    for each in tree.around(binding):
        if isinstance(each, cst.CompFor):
            return False
        if isinstance(each, cst.For) and any(inner is each.target for inner in tree.around(binding)):
            return id(each) in enclosing
    return tree.start(binding) < tree.start(anchor)
