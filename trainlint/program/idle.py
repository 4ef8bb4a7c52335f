"""Whether something that a program makes is ever used, and under which names a call hands back what it gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass

from trainlint.finding import Place
from trainlint.program import facts
from trainlint.program.facts import FileFacts
from trainlint.program.overrides import inside


def is_idle(files: Sequence[FileFacts], made: Place) -> bool:
    """Tell whether nothing reads the variable to which a call's result is bound, but to take its length.

    A local variable is read in its function, one of a file also where it is imported, an attribute anywhere.
    """
    for file in files:
        if file.name != made.file:
            continue
        for scope in _scopes(file.body):
            for statement in _own(scope):
                if isinstance(statement, facts.Assign) and _is_call(statement.value, made):
                    return all(_is_unread(files, file, scope, target) for target in statement.targets)
    return False


def results_of(files: Sequence[FileFacts], called: Place) -> tuple[list[str], list[str]]:
    """Return the names that a call's result is bound to, and what the call is given, as written."""
    for file in files:
        if file.name == called.file:
            for node in inside(file.body):
                if (
                    isinstance(node, facts.Assign)
                    and isinstance(node.value, facts.Call)
                    and _is_call(node.value, called)
                ):
                    names = [facts.render(part) for target in node.targets for part in _parts(target)]
                    return names, [facts.render(argument.value) for argument in node.value.arguments]
    return [], []


def _is_unread(files: Sequence[FileFacts], file: FileFacts, scope: facts.Block, target: facts.Expression) -> bool:
    match target:
        case facts.Name(name):
            others = [] if scope is not file.body else [dotted for each in files for dotted in each.imported]
            return not any(d.endswith(f".{name}") for d in others) and not _reads(scope, target)
        case facts.Attribute(_, name):
            return not any(_reads(file.body, name) for file in files if name in file.words)
    return False


def _reads(node: object, wanted: facts.Name | str) -> bool:
    """Tell whether some facts use a variable, or an attribute of this name, but to set it or take its length."""
    match node:
        case tuple():
            return any(_reads(part, wanted) for part in node)
        case facts.Assign(value=value):
            return _reads(value, wanted)
        case facts.Call(facts.Name("len"), (facts.Argument(facts.Name() | facts.Attribute()),)):
            return False
        case facts.Attribute(_, name) if name == wanted:
            return True
    if isinstance(node, facts.Name) and node == wanted:
        return True
    return is_dataclass(node) and any(_reads(getattr(node, field.name), wanted) for field in fields(node))


def _scopes(block: facts.Block) -> Iterator[facts.Block]:
    """Yield a block and the bodies of all functions in it."""
    yield block
    for node in inside(block):
        if isinstance(node, facts.Function):
            yield node.body


def _own(block: facts.Block) -> Iterator[facts.Statement]:
    """Yield the statements of a block that run where it stands."""
    for statement in block:
        yield statement
        for inner in facts.blocks(statement):
            yield from _own(inner)


def _is_call(value: facts.Expression, place: Place) -> bool:
    return isinstance(value, facts.Call) and value.ordinal == place.ordinal


def _parts(target: facts.Expression) -> tuple[facts.Expression, ...]:
    return target.items if isinstance(target, facts.Collection) else (target,)
