"""Whether a variable is read again behind a call."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.program import facts
from trainlint.program.names import assigned_names
from trainlint.program.overrides import inside


def is_read_later(block: facts.Block, call: facts.Call, name: str) -> bool:
    """Tell whether code of a block may read a variable once a call in it has happened.

    Functions that the block defines may be called at any time; a loop goes on with its next iteration, unless that
    sets the variable anew.
    """
    for number, statement in enumerate(block):
        if isinstance(statement, (facts.Function, facts.Class)) or not _is_in(statement, call):
            continue
        others = [each for each in block if isinstance(each, (facts.Function, facts.Class))]
        behind = (*others, *block[number + 1 :])
        again = isinstance(statement, (facts.For, facts.While)) and name not in assigned_names((statement,))
        if again and sum(node == facts.Name(name) for node in _read(statement)) > _reads_of_its_own(call, name):
            return True
        if any(node == facts.Name(name) for node in _read(behind)):
            return True
        inner = [each for each in facts.blocks(statement) if _is_in(each, call)]
        if inner:
            return is_read_later(inner[0], call, name)
    return False


def _is_in(part: object, call: facts.Call) -> bool:
    return any(node is call for node in inside(part))


def _reads_of_its_own(call: facts.Call, name: str) -> int:
    return sum(node == facts.Name(name) for node in inside(call))


def _read(part: object) -> Iterator[object]:
    """Yield all that a part evaluates; not the names that it sets."""
    nodes = list(inside(part))
    set_here = {id(target) for node in nodes if isinstance(node, facts.Assign) for target in node.targets}
    set_here |= {id(node.target) for node in nodes if isinstance(node, facts.For)}
    yield from (node for node in nodes if id(node) not in set_here)
