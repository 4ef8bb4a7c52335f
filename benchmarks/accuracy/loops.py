"""Which loader the loops of a repository go over, and whether they train."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from benchmarks.accuracy.idioms import find, has, is_backward
from benchmarks.accuracy.repository import Repository
from benchmarks.accuracy.script import Loop, Script

LOADERS = frozenset({"DataLoader"})
MODES = ("train", "phase", "mode", "val", "test", "eval")


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """A loop over what one call surely made; `trains` where each of its turns runs backward."""

    script: Script
    loop: Loop
    trains: bool


@lru_cache(maxsize=1)
def uses(repository: Repository) -> dict[ast.Call, list[Use]]:
    """Return the loops over each data loader, by the call that makes it."""
    found: dict[ast.Call, list[Use]] = {}
    for script in repository.scripts:
        for loop in ast.walk(script.tree):
            if not isinstance(loop, ast.For | ast.AsyncFor):
                continue
            makers = repository.makers(script, loop.iter)
            if makers is None or any(made.of.split(".")[-1] not in LOADERS for made in makers):
                continue
            trains = has(loop.body, is_backward) and not _depends_on_mode(script, loop)
            for made in makers:
                found.setdefault(made.call, []).append(Use(script, loop, trains))
    return found


def trained_on(repository: Repository, call: ast.Call) -> bool:
    """Tell whether what a call makes is trained on, in every loop over it."""
    over = uses(repository).get(call, [])
    return bool(over) and all(use.trains for use in over)


def evaluated_on(repository: Repository, call: ast.Call) -> bool:
    """Tell whether what a call makes is looped over, and never where a backward runs."""
    over = uses(repository).get(call, [])
    return bool(over) and not any(has(use.loop.body, is_backward) or _trains_elsewhere(use) for use in over)


def loader_calls(script: Script) -> Iterator[ast.Call]:
    """Yield the calls that make a data loader, with all arguments to be seen."""
    for call in script.calls():
        if script.dotted(call.func) in ("torch.utils.data.DataLoader", "torch.utils.data.dataloader.DataLoader"):
            starred = any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords)
            if not starred:
                yield call


def _depends_on_mode(script: Script, loop: Loop) -> bool:
    """Tell whether the backward runs only in one mode of the function: `if phase == "train"`."""
    for backward in find(loop.body, is_backward):
        for outer in script.ancestors(backward):
            if outer is loop:
                break
            if isinstance(outer, ast.If) and any(word in ast.unparse(outer.test).lower() for word in MODES):
                return True
    return False


def _trains_elsewhere(use: Use) -> bool:
    """Tell whether the loop hands its batches to something that may train on them."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and any(word in node.func.attr for word in ("train", "optimize", "update_params", "fit"))
        and node.args
        for node in find(use.loop.body, lambda node: isinstance(node, ast.Call))
    )
