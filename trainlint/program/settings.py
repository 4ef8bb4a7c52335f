"""Which variables are settings: whoever runs the program edits them, and what they decide may come out either way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from trainlint.program import facts
from trainlint.program.names import assigned_names


def settings(block: facts.Block) -> frozenset[str]:
    """Return the names that a scope assigns once and that a test in it asks for.

    Where such a name is set to `True` or `False`, one branch behind the test is never taken: nobody writes that, unless
    the name is there to be edited.
    """
    asked = set(_asked(block))
    if not asked:
        return frozenset()
    times = Counter(assigned_names(block))
    return frozenset(name for name in asked.difference(_shared(block)) if times[name] == 1)


def _asked(block: facts.Block) -> Iterator[str]:
    """Yield the names that tests ask for, also those in functions inside."""
    for statement in block:
        match statement:
            case facts.If(test):
                yield from _flags(test)
            case facts.Assign(_, facts.Conditional(test)):
                yield from _flags(test)
            case facts.Function(body=body) | facts.Class(body=body):
                yield from _asked(body)
        for inner in facts.blocks(statement):
            yield from _asked(inner)


def _flags(test: facts.Expression) -> Iterator[str]:
    match test:
        case facts.Name(name):
            yield name
        case facts.Unary("not", operand):
            yield from _flags(operand)
        case facts.Binary("and" | "or", left, right):
            yield from _flags(left)
            yield from _flags(right)


def _shared(block: facts.Block) -> Iterator[str]:
    """Yield the names that functions inside may assign."""
    for statement in block:
        match statement:
            case facts.Share(names):
                yield from names
            case facts.Function(body=body) | facts.Class(body=body):
                yield from _shared(body)
        for inner in facts.blocks(statement):
            yield from _shared(inner)
