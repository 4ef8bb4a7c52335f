"""Blocks of which one happens: `if`, `match`, `try`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from trainlint.program import facts
from trainlint.program.conditions import Formula, negate
from trainlint.program.flow import Branch, Choice, Exit, Tree
from trainlint.program.leaving import before_leaving
from trainlint.program.machine import Machine
from trainlint.program.modes import with_modes
from trainlint.program.readings import merge
from trainlint.program.records import Turn
from trainlint.program.truth import test
from trainlint.program.values import Namespace, Value
from trainlint.program.versions import surely_imported


def branch(machine: Machine, statement: facts.If, namespace: Namespace) -> bool:
    """Interpret an `if`; return whether control may reach its end."""
    condition = test(machine, statement.test, namespace)
    with machine.asking(statement.test):
        if isinstance(condition, bool):
            machine.skipped.append((namespace.file, statement.orelse if condition else statement.then))
            return machine.run_block(statement.then if condition else statement.orelse, namespace)
        conditions = [condition, negate(condition)]
        trees, falls = _alternatives(machine, [statement.then, statement.orelse], namespace, conditions)
    if trees != [(), ()]:
        machine.here.out.append(Branch(condition, *with_modes(machine, condition, (trees[0], trees[1]))))
    if not all(falls):  # what comes next in the block happens only as the test comes out
        machine.here.asked.append(statement.test)
    for tree, other in zip(trees, reversed(conditions), strict=True):
        if _goes_elsewhere(tree):
            machine.take_turn(Turn(machine.here.turn, other))
    return any(falls)


def _goes_elsewhere(tree: Tree) -> bool:
    """Tell whether a tree ends by going on behind what follows it; `break` and `raise` end the loop around it."""
    return isinstance(tree, tuple) and bool(tree) and tree[-1] in (Exit("continue"), Exit("return"))


def choose(
    machine: Machine, options: list[facts.Block], namespace: Namespace, conditions: Sequence[Formula | None] = ()
) -> bool:
    """Interpret blocks of which one happens, for reasons that are not followed, or as their conditions hold."""
    trees, falls = _alternatives(machine, options, namespace, conditions)
    if any(trees):
        machine.here.out.append(Choice(tuple(trees)))
    return any(falls)


def _alternatives(
    machine: Machine, options: list[facts.Block], namespace: Namespace, conditions: Sequence[Formula | None] = ()
) -> tuple[list[Tree], list[bool]]:
    """Interpret blocks of which one happens, and join what they leave behind; tell which reach their end."""
    before = namespace.variables
    trees: list[Tree] = []
    ends: list[dict[str, Value]] = []
    falls: list[bool] = []
    for option, condition in zip_longest(options, conditions):
        namespace.variables = dict(before)
        with machine.undecided(condition), machine.captured() as out:
            falls.append(machine.run_block(option, namespace))
        if falls[-1]:
            ends.append(namespace.variables)
        trees.append(tuple(out))
    namespace.variables = merge(ends) if ends else before
    return trees, falls


def attempt(machine: Machine, statement: facts.Try, namespace: Namespace) -> bool:
    """Interpret a `try`; return whether control may reach its end."""
    if surely_imported(statement.body):
        machine.skipped.extend((namespace.file, handler) for handler in statement.handlers)
        return machine.run_block(statement.body + statement.orelse + statement.final, namespace)
    if statement.handlers:
        machine.tried = next(iter(statement.body), None)
    usual = [True]  # what is tried happens; what handles a failure may
    with machine.captured() as out:
        falls = choose(machine, [statement.body + statement.orelse, *statement.handlers], namespace, usual)
    with machine.captured() as final:
        goes_on = machine.run_block(statement.final, namespace) and falls
    machine.here.out.append(before_leaving(tuple(out), tuple(final)) if final else tuple(out))
    if falls:
        machine.here.out.extend(final)
    return goes_on
