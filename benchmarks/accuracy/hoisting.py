"""Move what is made once into the loop that uses it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from benchmarks.accuracy.idioms import assigned, has, mentions, statements, steps
from benchmarks.accuracy.repository import Repository
from benchmarks.accuracy.script import LOOPS, Loop, Script
from benchmarks.accuracy.seeding import Change


def into_loop(
    script: Script, repository: Repository, makes: Callable[[ast.Call], bool]
) -> Iterator[tuple[Change, Loop]]:
    """Yield the ways to move an assignment of what is wanted into the first loop after it that steps it, and the loop.

    The loop steps it itself, or hands it to a function of the repository that steps something. Nothing between the two
    mentions it.
    """
    for statement in statements(script):
        pair = assigned(statement)
        if pair is None or not isinstance(pair[1], ast.Call) or not makes(pair[1]):
            continue
        name, block = pair[0], script.block(statement)
        for later in block[block.index(statement) + 1 :]:
            if isinstance(later, LOOPS) and (
                has(later.body, steps(name)) or _hands_on(script, repository, later, name)
            ):
                yield Change(statement, script.text.move(statement, block, before=later.body[0])), later
            if mentions([later], name):
                break


def _hands_on(script: Script, repository: Repository, loop: Loop, name: str) -> bool:
    for call in script.calls(loop):
        given = [*call.args, *(k.value for k in call.keywords)]
        if any(ast.unparse(each) == name for each in given):
            for _, function in repository.callees(script, call):
                if has(list(function.body), _steps):
                    return True
    return False


def _steps(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "step"
