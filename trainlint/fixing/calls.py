"""Edits of calls: their arguments, and what is called."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from trainlint.edit import CallOther, SetArgument
from trainlint.fixing.imports import Imported, imported, is_only_use, source_of, spelling, with_import
from trainlint.fixing.names import fill
from trainlint.fixing.tree import CannotEditError, Change, Replacement, Tree

Whitespace = cst.BaseParenthesizableWhitespace
_NO_SPACE = cst.SimpleWhitespace("")
_NO_COMMENT = cst.TrailingWhitespace()
_EQUAL = cst.AssignEqual(whitespace_before=_NO_SPACE, whitespace_after=_NO_SPACE)


def set_argument(tree: Tree, edit: SetArgument) -> cst.Module:
    """Give, change or leave out an argument of a call."""
    call = tree.at(edit.at, cst.Call)
    args = list(call.args)
    code = None if edit.code is None else fill(tree, edit.code, edit.names, call)
    given = next((arg for arg in args if arg.keyword is not None and arg.keyword.value == edit.name), None)
    if given is None and any(arg.star for arg in args):
        raise CannotEditError("the call unpacks its arguments")
    if given is None and 0 <= edit.position < len(args) and args[edit.position].keyword is None:
        given = args[edit.position]
    if code is None:
        if given is None or given.keyword is None:
            raise CannotEditError(f"`{edit.name}` is not given by name")
        new = without(args, args.index(given))
    elif given is not None:
        value = tree.expression(code)
        new = [arg.with_changes(value=value) if arg is given else arg for arg in args]
    else:
        new = appended(
            args, cst.Arg(tree.expression(code), keyword=cst.Name(edit.name), equal=_EQUAL), call.whitespace_before_args
        )
    return tree.changed((call, lambda updated: updated.with_changes(args=new)))


def without(args: Sequence[cst.Arg], number: int) -> list[cst.Arg]:
    """Return arguments without one; the last that stays ends the list as the last did before."""
    kept = [arg for place, arg in enumerate(args) if place != number]
    if number == len(args) - 1 and kept:
        kept[-1] = kept[-1].with_changes(comma=args[-1].comma, whitespace_after_arg=args[-1].whitespace_after_arg)
    return kept


def appended(args: Sequence[cst.Arg], new: cst.Arg, lead: Whitespace = _NO_SPACE) -> list[cst.Arg]:
    """Return arguments with another behind the last one: on a line of its own where they have one each.

    `lead` is what stands before the first. A comment stays with the argument behind which it was written.
    """
    if not args:
        return [new]
    *before, last = args
    between = next((arg.comma.whitespace_after for arg in before if isinstance(arg.comma, cst.Comma)), None)
    if between is None and isinstance(lead, cst.ParenthesizedWhitespace):
        between = lead
    closing = isinstance(last.comma, cst.Comma)
    tail = last.comma.whitespace_after if isinstance(last.comma, cst.Comma) else last.whitespace_after_arg
    comment: cst.TrailingWhitespace | None = None
    if isinstance(tail, cst.ParenthesizedWhitespace) and isinstance(between, cst.ParenthesizedWhitespace):
        comment, tail = tail.first_line, tail.with_changes(first_line=_NO_COMMENT)
    moved = last.with_changes(
        comma=cst.Comma(whitespace_after=_apart(between, comment)),
        whitespace_after_arg=last.whitespace_after_arg if closing else _NO_SPACE,
    )
    if closing:
        return [*before, moved, new.with_changes(comma=cst.Comma(whitespace_after=tail))]
    return [*before, moved, new.with_changes(whitespace_after_arg=tail)]


def _apart(between: Whitespace | None, comment: cst.TrailingWhitespace | None) -> Whitespace:
    """Return the white space of one place between two arguments for another, with the comment that belongs there."""
    if isinstance(between, cst.ParenthesizedWhitespace):
        return between.with_changes(first_line=comment or _NO_COMMENT, empty_lines=())
    return cst.SimpleWhitespace(" ") if between is None else between


def call_other(tree: Tree, edit: CallOther) -> cst.Module:
    """Call, or decorate with, another function of a library."""
    call, callee = _called(tree, edit)
    last = edit.dotted.rpartition(".")[2]
    source = source_of(tree, edit.written)
    if source is not None and source.dotted.rpartition(".")[2] == last:
        return _moved(tree, edit, source)
    if source is not None and source.alias.asname is None and is_only_use(tree, callee, last):
        renamed = source.alias.with_changes(name=cst.Name(last))
        changes = (source.alias, lambda _: renamed), _as_called(tree, edit, call, callee, cst.Name(last))
        return tree.changed(*changes)
    name = spelling(tree, edit.dotted, edit.written)
    module = tree.changed(_as_called(tree, edit, call, callee, tree.expression(name or last)))
    return module if name else with_import(tree, module, edit.dotted)


def _called(tree: Tree, edit: CallOther) -> tuple[cst.Call | None, cst.BaseExpression]:
    """Return the call at the place and what it calls, or hands on to be called; of a function, what decorates it."""
    found = tree.at(edit.at, cst.Call, cst.FunctionDef)
    if isinstance(found, cst.Call):
        callees = [found.func, *(arg.value for arg in found.args[:1])]
        for callee in callees:
            if tree.text(callee) == edit.written:
                return found, callee
    for decorator in found.decorators if isinstance(found, cst.FunctionDef) else ():
        if tree.text(decorator.decorator) == edit.written:
            return None, decorator.decorator
    raise CannotEditError(f"`{edit.written}` is not called there in a way that the fix knows")


def _as_called(
    tree: Tree, edit: CallOther, call: cst.Call | None, callee: cst.BaseExpression, new: cst.BaseExpression
) -> Change:
    """Return the change of a call, a decorator, or a call that hands on what is to be called."""
    if call is None:
        needed = _needed(tree, edit, [])
        return callee, lambda _: cst.Call(new, needed) if needed else new
    if callee is call.func:
        return call, lambda _: call.with_changes(func=new, args=_needed(tree, edit, list(call.args)))
    first, *rest = call.args
    handed = first.with_changes(value=new, comma=first.comma if rest else cst.MaybeSentinel.DEFAULT)
    return call, lambda _: call.with_changes(args=[handed, *_needed(tree, edit, rest)])


def _moved(tree: Tree, edit: CallOther, source: Imported) -> cst.Module:
    """Import a name from its new home, and give all its calls in the file the argument that it asks for there."""
    assert isinstance(source.statement, cst.ImportFrom)
    changes: list[Change] = []
    for node in tree.inside(tree.module):
        if not isinstance(node, cst.Name) or node.value != source.local:
            continue
        parent = tree.parents[node]
        if isinstance(parent, cst.Attribute) and parent.attr is node:
            continue
        if any(isinstance(each, cst.ImportFrom) for each in tree.around(node)):
            if source.alias not in tuple(tree.around(node)):
                raise CannotEditError(f"`{source.local}` is imported more than once")
        elif isinstance(parent, cst.Arg) and parent.keyword is node:
            continue
        elif isinstance(parent, cst.Call) and parent.func is node:
            changes.append((parent, _with_arguments(tree, edit)))
        elif isinstance(parent, cst.Decorator):
            decorated = cst.Call(node, _needed(tree, edit, []))
            changes.append((node, lambda _, decorated=decorated: decorated))  # type: ignore[misc]
        else:
            raise CannotEditError(f"`{source.local}` is also used without being called")
    return tree.changed(*changes, *_import_changed(tree, edit, source))


def _import_changed(tree: Tree, edit: CallOther, source: Imported) -> tuple[Change, ...]:
    """Return the changes that import a name from its new home: with what comes from there already, if anything."""
    statement = source.statement
    assert isinstance(statement, cst.ImportFrom)
    names = statement.names
    assert not isinstance(names, cst.ImportStar)
    home = edit.dotted.rpartition(".")[0]
    module = tree.expression(home)
    assert isinstance(module, (cst.Name, cst.Attribute))
    line = tree.line(statement)
    other = next((each.statement for each in imported(tree) if each.dotted.rpartition(".")[0] == home), None)
    alias = source.alias.with_changes(comma=cst.MaybeSentinel.DEFAULT)
    joined: tuple[Change, ...] = ()
    if isinstance(other, cst.ImportFrom) and not other.lpar and not isinstance(other.names, cst.ImportStar):
        together = other.with_changes(names=_sorted([*other.names, alias]))
        joined = ((other, lambda _: together),)
    if len(names) == 1 and joined and not line.leading_lines:
        return (*joined, (line, lambda _: cst.RemovalSentinel.REMOVE))
    if len(names) == 1:
        return ((statement, lambda updated: updated.with_changes(module=module)),)
    number = names.index(source.alias)
    kept = [each for each in names if each is not source.alias]
    if number == len(names) - 1:
        kept[-1] = kept[-1].with_changes(comma=names[-1].comma)
    rest = statement.with_changes(names=kept)
    if joined:
        return (*joined, (statement, lambda _: rest))
    moved = cst.SimpleStatementLine([cst.ImportFrom(module=module, names=[alias])])

    def split(updated: cst.CSTNode) -> Replacement:
        assert isinstance(updated, cst.SimpleStatementLine)
        return cst.FlattenSentinel([moved, updated.with_changes(body=[rest])])

    return ((line, split),)


def _sorted(names: list[cst.ImportAlias]) -> list[cst.ImportAlias]:
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    *before, last = sorted(names, key=lambda alias: alias.evaluated_name)
    return [*(alias.with_changes(comma=comma) for alias in before), last.with_changes(comma=cst.MaybeSentinel.DEFAULT)]


def _with_arguments(tree: Tree, edit: CallOther) -> Callable[[cst.CSTNode], cst.CSTNode]:
    def give(updated: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(updated, cst.Call)
        return updated.with_changes(args=_needed(tree, edit, list(updated.args)))

    return give


def _needed(tree: Tree, edit: CallOther, args: list[cst.Arg]) -> list[cst.Arg]:
    """Return arguments with those that the other function asks for."""
    if edit.first:
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")) if args else cst.MaybeSentinel.DEFAULT
        args = [cst.Arg(tree.expression(edit.first), comma=comma), *args]
    if edit.keyword:
        name, _, value = edit.keyword.partition("=")
        args = appended(args, cst.Arg(tree.expression(value), keyword=cst.Name(name), equal=_EQUAL))
    return args
