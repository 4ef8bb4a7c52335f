"""Where a file uses names of a library, by its imports alone: also in functions that are not followed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from trainlint.finding import Place
from trainlint.program import facts
from trainlint.program.names import assigned_names
from trainlint.program.torch_api import CONVENTIONAL, canonical


@dataclass(frozen=True, slots=True)
class Use:
    """A name of a library that is called or decorates, or that `functools.partial` is given; `text` as written."""

    name: str
    text: str
    place: Place


# What each local name was imported as; `None` for one that means something else, or may.
_Bindings = Mapping[str, str | None]


def library_uses(file: facts.FileFacts) -> Iterator[Use]:
    """Yield the uses of names of libraries in a file.

    What the file itself ties to a version of the library is left out: the branches of an `if` that asks for the
    version or for an attribute, the handlers of a `try`, and names that are imported under either.
    """
    yield from _block(file.body, dict(CONVENTIONAL), file)


def _block(block: facts.Block, outer: _Bindings, file: facts.FileFacts) -> Iterator[Use]:
    bindings = dict(outer)
    _bind(block, bindings, tied=False)
    bindings.update(dict.fromkeys(assigned_names(block)))
    yield from _statements(block, bindings, file)


def _bind(block: facts.Block, bindings: dict[str, str | None], tied: bool) -> None:
    """Bind what a block imports or defines; what is imported where a version is asked for means nothing for sure."""
    for statement in block:
        match statement:
            case facts.Import(imported):
                for local, dotted, _ in imported:
                    bindings[local] = None if tied else dotted
            case facts.Function(name) | facts.Class(name):
                bindings[name] = None
            case _:
                ties = tied or (isinstance(statement, facts.Try) and bool(statement.handlers)) or _asks(statement)
                for inner in facts.blocks(statement):
                    _bind(inner, bindings, ties)


def _statements(block: facts.Block, bindings: _Bindings, file: facts.FileFacts) -> Iterator[Use]:
    for statement in block:
        match statement:
            case facts.Function():
                for decorator in statement.decorators:
                    yield from _named(decorator, statement.ordinal, bindings, file)
                    yield from _inside(decorator, bindings, file)
                hidden = dict.fromkeys(parameter.name for parameter in statement.parameters)
                yield from _block(statement.body, {**bindings, **hidden}, file)
            case facts.Class():
                yield from _block(statement.body, bindings, file)
            case facts.Try(body, _, orelse, final):
                for part in (body, orelse, final):
                    yield from _statements(part, bindings, file)
            case _ if not _asks(statement):
                yield from _inside(statement, bindings, file)
                for inner in facts.blocks(statement):
                    yield from _statements(inner, bindings, file)


def _inside(node: Any, bindings: _Bindings, file: facts.FileFacts) -> Iterator[Use]:
    """Yield the uses in the expressions of a statement, or inside an expression."""
    if isinstance(node, facts.Call):
        yield from _named(node.callee, node.ordinal, bindings, file)
        if _dotted(node.callee, bindings) == "functools.partial" and node.arguments:
            yield from _named(node.arguments[0].value, node.ordinal, bindings, file)
    for name in _PARTS.get(type(node), ()):
        yield from _all_inside(getattr(node, name), bindings, file)


def _all_inside(part: Any, bindings: _Bindings, file: facts.FileFacts) -> Iterator[Use]:
    if isinstance(part, tuple):
        for child in part:
            yield from _all_inside(child, bindings, file)
    else:
        yield from _inside(part, bindings, file)


def _named(expression: facts.Expression, ordinal: int, bindings: _Bindings, file: facts.FileFacts) -> Iterator[Use]:
    dotted = _dotted(expression, bindings)
    if dotted is not None:
        yield Use(canonical(dotted), facts.render(expression), Place(file.name, ordinal))


def _dotted(expression: facts.Expression, bindings: _Bindings) -> str | None:
    match expression:
        case facts.Name(name):
            return bindings.get(name)
        case facts.Attribute(base, name):
            home = _dotted(base, bindings)
            return None if home is None else f"{home}.{name}"
    return None


def _asks(statement: facts.Statement) -> bool:
    """Tell whether a statement is an `if` that asks for a version, or for what a library has."""
    return isinstance(statement, facts.If) and any(map(_OF_VERSIONS.search, _words(statement.test)))


# `torch.__version__`, `hasattr(torch, "amp")`, `TORCH_2_4`, `is_torch_ge_24`.
_OF_VERSIONS = re.compile(r"version|hasattr|getattr|torch\w*\d", re.I)


def _words(node: Any) -> Iterator[str]:
    match node:
        case facts.Name(name):
            yield name
        case facts.Attribute(base, name):
            yield name
            yield from _words(base)
        case tuple():
            for child in node:
                yield from _words(child)
        case _:
            for name in _PARTS.get(type(node), ()):
                yield from _words(getattr(node, name))


_LEAVES = {"ordinal", "operator", "kind", "keyword", "star", "decorators", "words", "body", "orelse", "handlers"}
_LEAVES |= {"then", "final", "cases", "positions", "imported"}
_PARTS: dict[type, tuple[str, ...]] = {
    kind: tuple(f.name for f in fields(kind) if f.name not in _LEAVES)
    for kind in vars(facts).values()
    if isinstance(kind, type) and hasattr(kind, "__dataclass_fields__") and kind not in (facts.Name, facts.Literal)
}
_PARTS[facts.Lambda] = ("body",)
_PARTS[facts.Conditional] = ("test", "then", "orelse")
