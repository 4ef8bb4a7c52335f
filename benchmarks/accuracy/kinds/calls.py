"""What is named, but not called or entered."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from benchmarks.accuracy.idioms import (
    method_calls,
    receiver_of,
    statements,
)
from benchmarks.accuracy.models import modules
from benchmarks.accuracy.repository import Repository
from benchmarks.accuracy.script import Script
from benchmarks.accuracy.seeding import Change, Kind

CONTEXTS = frozenset(
    {"torch.no_grad", "torch.inference_mode", "torch.autocast", "torch.amp.autocast", "torch.cuda.amp.autocast"}
)


def no_grad_not_entered(script: Script, repository: Repository) -> Iterator[Change]:
    """`with torch.no_grad():` becomes the statement `torch.no_grad()`, and its block is no block any more.

    It is the only context of its `with`; `torch.inference_mode()` and `autocast(…)` likewise.
    """
    for statement in statements(script):
        if isinstance(statement, ast.With) and len(statement.items) == 1 and statement.items[0].optional_vars is None:
            context = statement.items[0].context_expr
            if isinstance(context, ast.Call) and script.dotted(context.func) in CONTEXTS:
                yield Change(statement, script.text.unwrap(statement, script.text.of(context)))


def eval_not_called(script: Script, repository: Repository) -> Iterator[Change]:
    """`model.eval()` becomes `model.eval`: the parentheses are forgotten.

    By the repository's own sources the receiver is a module.
    """
    for statement, _ in method_calls(script, "eval", 0):
        if modules(repository, script, receiver_of(statement)):
            yield _not_called(script, statement)


def step_not_called(script: Script, repository: Repository) -> Iterator[Change]:
    """`optimizer.step()`, `optimizer.zero_grad()` or `loss.backward()` loses its parentheses.

    The receiver of a `step` also gets a `zero_grad` in the file; the others mean one thing only.
    """
    cleared = {text for _, text in method_calls(script, "zero_grad", 0)}
    for name in ("step", "zero_grad", "backward"):
        for statement, text in method_calls(script, name, 0):
            if name != "step" or text in cleared:
                yield _not_called(script, statement)


def _not_called(script: Script, statement: ast.Expr) -> Change:
    assert isinstance(statement.value, ast.Call)
    return Change(statement, script.text.replace(statement.value, script.text.of(statement.value.func)))


KINDS = (
    Kind("no-grad-not-entered", ("TL105",), no_grad_not_entered),
    Kind("eval-not-called", ("TL104",), eval_not_called),
    Kind("step-not-called", ("TL104",), step_not_called),
)
