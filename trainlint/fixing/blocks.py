"""Edits of blocks: statements put in, moved, and put under `with`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import libcst as cst

from trainlint.edit import Cover, Enter, Insert, Move
from trainlint.fixing.imports import spelling, with_library
from trainlint.fixing.names import fill
from trainlint.fixing.tree import CannotEditError, Replacement, Tree

_S = TypeVar("_S", bound=cst.CSTNode)
_SPACED = cst.Semicolon(whitespace_after=cst.SimpleWhitespace(" "))


def insert(tree: Tree, edit: Insert) -> cst.Module:
    """Put a statement before or after another one."""
    anchor = tree.at(edit.at, cst.Call, cst.For, cst.While)
    if edit.holds is not None and not tree.holds(anchor, edit.holds):
        anchor = tree.at(edit.holds, cst.Call)
    code = fill(tree, edit.code, edit.names, anchor)
    new = tree.statement(code)
    same = [each for each in tree.inside(tree.scope(anchor)) if isinstance(each, cst.Call) and tree.text(each) == code]
    if same and edit.twice == "refuse":
        raise CannotEditError(f"`{code}` stands in the function already, at another place")
    if edit.twice == "skip" and any(tree.start(each) > tree.start(anchor) for each in same):
        return tree.module
    statement = tree.small_statement(anchor)
    parent = tree.parents[statement]
    if isinstance(parent, (cst.SimpleStatementLine, cst.SimpleStatementSuite)) and (
        len(parent.body) > 1 or isinstance(parent, cst.SimpleStatementSuite)
    ):
        parts = _beside([*parent.body], statement, new.body[0], edit.where)
        return tree.changed((parent, lambda updated: updated.with_changes(body=_separated(parts))))
    if _leaves(statement) and edit.where == "after":
        raise CannotEditError("nothing behind the statement is reached")

    def both(updated: cst.CSTNode) -> Replacement:
        return cst.FlattenSentinel([new, updated] if edit.where == "before" else [updated, new])

    return tree.changed((tree.line(anchor), both))


def _beside(
    parts: list[cst.BaseSmallStatement], statement: cst.CSTNode, new: cst.BaseSmallStatement, where: str
) -> list[cst.BaseSmallStatement]:
    number = next(place for place, part in enumerate(parts) if part is statement)
    return [*parts[: number + (where == "after")], new, *parts[number + (where == "after") :]]


def _separated(parts: Sequence[cst.BaseSmallStatement]) -> list[cst.BaseSmallStatement]:
    *before, last = parts
    spaced = [
        part if isinstance(part.semicolon, cst.Semicolon) else part.with_changes(semicolon=_SPACED) for part in before
    ]
    return [*spaced, last]


def _leaves(statement: cst.CSTNode) -> bool:
    return isinstance(statement, (cst.Return, cst.Raise, cst.Break, cst.Continue))


def move(tree: Tree, edit: Move) -> cst.Module:
    """Put a statement behind another one of the same block."""
    moved = tree.line(tree.at(edit.at, cst.Call))
    other = _in_block(tree, tree.at(edit.behind, cst.Call), tree.parents[moved])
    body = getattr(tree.parents[moved], "body", ())
    if isinstance(moved, cst.BaseCompoundStatement) or other is None:
        raise CannotEditError("the two statements stand in different blocks")
    between = body[body.index(moved) + 1 : body.index(other) + 1]
    if any(_may_leave(each) for each in between):
        raise CannotEditError("a way leads out of the block between the two statements")
    if not between:
        raise CannotEditError("the two statements stand in another order")
    return tree.changed(
        (moved, lambda _: cst.RemovalSentinel.REMOVE),
        (other, lambda updated: cst.FlattenSentinel([updated, moved])),
    )


def _may_leave(statement: cst.CSTNode) -> bool:
    """Tell whether a statement may end the block in which it stands."""
    if isinstance(statement, (cst.Return, cst.Break, cst.Continue)):
        return True
    if isinstance(statement, (cst.FunctionDef, cst.ClassDef, cst.Lambda)):
        return False
    if isinstance(statement, (cst.For, cst.While)):
        return False  # its own `break` and `continue`; a `return` ends the function, whose rest is not reached anyway
    return any(_may_leave(each) for each in statement.children)


def _in_block(tree: Tree, node: cst.CSTNode, block: cst.CSTNode) -> cst.CSTNode | None:
    """Return the statement of a block in which a node stands, where loops and contexts alone are around it."""
    for each in tree.around(tree.line(node)):
        if tree.parents.get(each) is block:
            return each
        if isinstance(each, (cst.If, cst.Try, cst.FunctionDef, cst.ClassDef, cst.Module)):
            return None
    return None


def enter(tree: Tree, edit: Enter) -> cst.Module:
    """Make a context that is never entered the `with` of what follows it in its block."""
    context = tree.at(edit.at, cst.BaseExpression)  # type: ignore[type-abstract]
    line = tree.line(context)
    parent = tree.parents[line]
    body = list(getattr(parent, "body", ()))
    number = body.index(line)
    rest = body[number + 1 :]
    if not rest or not isinstance(line, cst.SimpleStatementLine) or not isinstance(line.body[0], cst.Expr):
        raise CannotEditError("nothing follows it in its block")
    if any(isinstance(each, (cst.FunctionDef, cst.ClassDef)) for each in rest):
        raise CannotEditError("functions or classes follow it in its block")
    if not isinstance(context, cst.Call):
        context = cst.Call(context)
    block = cst.With(
        [cst.WithItem(context)],
        cst.IndentedBlock([_indented(each) for each in rest], header=line.trailing_whitespace),
        leading_lines=line.leading_lines,
    )
    return tree.changed((parent, lambda updated: updated.with_changes(body=[*body[:number], block])))


class _Blank(cst.CSTTransformer):
    """Leaves lines without anything on them without indentation."""

    def leave_EmptyLine(self, original_node: cst.EmptyLine, updated_node: cst.EmptyLine) -> cst.EmptyLine:  # noqa: N802
        return updated_node if updated_node.comment else updated_node.with_changes(indent=False)


def _indented(statement: _S) -> _S:
    """Return a statement as it goes deeper into blocks."""
    deeper = statement.visit(_Blank())
    assert isinstance(deeper, type(statement))
    return deeper


def cover(tree: Tree, edit: Cover) -> cst.Module:
    """Put a statement under `with`."""
    line = tree.line(tree.at(edit.at, cst.Call, cst.For, cst.While))
    if not tree.holds(line, edit.holds):
        raise CannotEditError("what is to be covered is in another function than the loop around it")
    name = spelling(tree, edit.dotted, "")
    context = cst.WithItem(tree.expression(f"{name or edit.dotted}()"))

    def covered(updated: cst.CSTNode) -> Replacement:
        assert isinstance(updated, (cst.SimpleStatementLine, cst.For, cst.While))
        inner = _indented(updated.with_changes(leading_lines=()))
        return cst.With([context], cst.IndentedBlock([inner]), leading_lines=updated.leading_lines)

    module = tree.changed((line, covered))
    return module if name else with_library(tree, module, edit.dotted.partition(".")[0])
