"""A kind of bug, and one bug of it in one file."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.accuracy.repository import Repository
from benchmarks.accuracy.script import FUNCTIONS, Script
from benchmarks.accuracy.text import Edits, apply


@dataclass(frozen=True, slots=True)
class Change:
    """A way to make a bug at a node; `edits` is `None` where the layout of the text does not allow it."""

    at: ast.expr | ast.stmt
    edits: Edits | None


Place = tuple[str, str]  # a file, and the outermost function or class in it
Finder = Callable[[Script, Repository], Iterator[Change]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of bug: how people make it, the codes of the rules that mean it, and where a file can take it.

    The docstring of `find` says under which conditions the change surely is a bug; it is offered nowhere else.
    """

    name: str
    codes: tuple[str, ...]
    find: Finder

    @property
    def summary(self) -> str:
        """Return the first line of the conditions."""
        return (self.find.__doc__ or "").strip().partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Seeding:
    """One bug in one file: its row in the untouched file, and the file with the bug.

    `near` are the places where a finding must point: see `places_near`.
    """

    kind: str
    codes: tuple[str, ...]
    file: str
    row: int
    near: frozenset[Place]
    data: bytes


def seedings(kind: Kind, script: Script, repository: Repository) -> Iterator[Seeding]:
    """Yield each bug of a kind that a file can take, once."""
    seen: set[bytes] = set()
    for change in kind.find(script, repository):
        if change.edits is None:
            continue
        data = apply(script.text.data, change.edits)
        if data in seen or not _is_other_program(script, data):
            continue
        seen.add(data)
        near = places_near(script, repository, change.at)
        yield Seeding(kind.name, kind.codes, script.name, change.at.lineno, near, data)


def places_near(script: Script, repository: Repository, node: ast.AST) -> frozenset[Place]:
    """Return the place of a node, the places that it calls, and those that call it, judged by name.

    A place is the outermost function or class around it, "" for the code of the module itself.
    """
    around = [each for each in script.ancestors(node) if isinstance(each, (*FUNCTIONS, ast.ClassDef))]
    found = {_place(script, node)}
    if around:
        calls = [each for each in ast.walk(around[-1]) if isinstance(each, ast.Call)]
        names = [each.name for each in ast.walk(around[-1]) if isinstance(each, (*FUNCTIONS, ast.ClassDef))]
        for name in names:
            found.update(_place(home, call) for home, call in repository.called.get(name, ()))
    else:
        calls = list(script.calls(script.tree))
    for call in calls:
        found.update(_place(home, function.body[0]) for home, function in repository.callees(script, call))
        for home, kind in repository.classes.get(script.dotted(call.func).split(".")[-1], ()):
            found.add(_place(home, kind.body[0]))
    return frozenset(found)


def _place(script: Script, node: ast.AST) -> Place:
    around = [each for each in script.ancestors(node) if isinstance(each, (*FUNCTIONS, ast.ClassDef))]
    return script.name, around[-1].name if around else ""


def _is_other_program(script: Script, data: bytes) -> bool:
    try:
        return ast.dump(ast.parse(data)) != ast.dump(script.tree)
    except SyntaxError:
        return False
