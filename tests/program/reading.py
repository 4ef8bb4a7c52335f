"""Read small sources the way the engine does, and say what came of it in plain data."""

from __future__ import annotations

import textwrap
from collections.abc import Hashable, Iterable

import pytest

from trainlint.engine import read_facts
from trainlint.finding import Place
from trainlint.operations import Kind, Operation
from trainlint.program import facts
from trainlint.program.flow import Event, Scope, Tree, events
from trainlint.program.query import Program
from trainlint.program.walk import walk
from trainlint.source.read import Source

END = Operation(Kind.CHECKPOINT, Place("", -1), "end")


def facts_of(text: str, name: str = "main.py") -> facts.FileFacts:
    """Return the facts of a source that must be Python; `import torch` makes it matter."""
    files, findings = read_facts([Source(name, f"import torch\n{textwrap.dedent(text)}".encode())])
    assert findings == []
    (file,) = files
    assert file.body[0] == facts.Import((("torch", "torch", True),))
    return facts.FileFacts(file.name, file.body[1:])


def statement(text: str) -> facts.Statement:
    """Return the facts of a source of one statement."""
    (only,) = facts_of(text).body
    return only


def expression(text: str) -> facts.Expression:
    """Return the facts of an expression."""
    assigned = statement(f"_ = ({text})")
    assert isinstance(assigned, facts.Assign)
    return assigned.value


def program_of(*sources: str | tuple[str, str]) -> Program:
    """Return the program of these sources: a text is that of `main.py`, a pair names its file."""
    named = [("main.py", source) if isinstance(source, str) else source for source in sources]
    files, findings = read_facts([Source(name, textwrap.dedent(text).encode()) for name, text in named])
    assert findings == []
    return Program(files)


def operations(program: Program, *kinds: Kind) -> list[Operation]:
    """Return the operations of these kinds (of all, if none is named) in the order of the source."""
    found = [operation for root in program.roots for operation in events(root.tree)]
    return [operation for operation in found if not kinds or operation.kind in kinds]


def calls(program: Program, *kinds: Kind) -> list[str]:
    """Return the calls, as written, that do operations of these kinds."""
    return [operation.call for operation in operations(program, *kinds)]


def modes(program: Program) -> list[set[bool | None]]:
    """Return the modes in which each forward of a whole model can happen, in the order of the source."""
    forwards = operations(program, Kind.FORWARD)
    return [set(program.modes[id(forward)]) for forward in forwards if id(forward) in program.modes]


MODEL = """
import contextlib
import copy
import functools
import torch
from dataclasses import dataclass
from typing import NamedTuple
from torch import nn
model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))
"""


def modes_of(text: str) -> list[set[bool | None]]:
    """Return the modes in which each forward of a script that has `model` can happen."""
    return modes(program_of(MODEL + text))


def mode_after(text: str) -> set[bool | None]:
    """Return the modes in which `model` can be behind the text."""
    return modes_of(f"{text}\nmodel(x)\n")[-1]


def wrong(reason: str) -> pytest.MarkDecorator:
    """Mark a case that is known to come out wrong, with what is wrong."""
    return pytest.mark.xfail(strict=True, reason=reason)


def gradients(program: Program) -> list[bool | None]:
    """Return whether autograd records at each forward, in the order of the source."""
    return [forward.grad for forward in operations(program, Kind.FORWARD)]


def orders(program: Program, *kinds: Kind) -> set[str]:
    """Return each order in which the calls of the first root can happen, once round each loop, joined by spaces."""
    return set(map(" ".join, ways_through(program.roots[0].tree, frozenset(kinds or Kind))))


def ways_through(tree: Tree, kinds: Iterable[Kind] = frozenset(Kind)) -> set[tuple[str, ...]]:
    """Return the sequences of calls of these kinds on all ways from the start of a tree to its end.

    A loop is gone round once more only as long as that brings a call that is not yet in the sequence.
    """
    ended: set[tuple[str, ...]] = set()

    def advance(state: Hashable, operation: Operation) -> Hashable:
        assert isinstance(state, tuple)
        return state if operation.kind not in kinds or operation.call in state else (*state, operation.call)

    def visit(operation: Operation, states: frozenset[Hashable]) -> None:
        if operation is END:
            ended.update(states)  # type: ignore[arg-type]

    walk((Scope(tree), Event(END)), (), advance, visit)
    return ended
