"""How calls and loops are written in a file of the user's."""

from __future__ import annotations

import ast
import linecache
from dataclasses import dataclass
from functools import lru_cache

Span = tuple[int, int, int, int]  # row and byte column of the start and of the end
NOWHERE: Span = (0, 0, 0, 0)

_LOOP_WRAPPERS = frozenset({"cycle", "enumerate", "islice", "iter", "next", "tqdm", "track"})


@dataclass(frozen=True, slots=True)
class Written:
    """A call as it is written: the callee, what stands before its last dot, the positional arguments.

    Of a loop, `call` is what it runs over.
    """

    call: str
    receiver: str | None = None
    arguments: tuple[str, ...] = ()
    span: Span = NOWHERE


class Calls:
    """The calls and loops of one file."""

    def __init__(self, tree: ast.AST) -> None:
        self._nodes: dict[Span, ast.expr] = {}
        self._loops: list[ast.expr] = []
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                self._nodes.setdefault(_span_of(node), node)
            elif isinstance(node, (ast.For, ast.AsyncFor)):
                self._add_loop(node, node.iter)
            elif isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
                self._add_loop(node, node.generators[0].iter)
            elif isinstance(node, ast.YieldFrom):
                self._add_loop(node, node.value)

    def at(self, span: Span) -> Written | None:
        """Return the call or loop at exactly this place."""
        node = self._nodes.get(span)
        return None if node is None else _read(node)

    def on_line(self, row: int, name: str) -> Written | None:
        """Return the one call of that name on a line; for a method of iteration, the one loop."""
        if name in ("__iter__", "__next__"):
            found = [node for node in self._loops if node.lineno == row]
        else:
            calls = [node for node in self._nodes.values() if isinstance(node, ast.Call)]
            there = [node for node in calls if node.lineno <= row <= (node.end_lineno or row)]
            found = [node for node in there if _last_name(node.func) == name]
        return _read(found[0]) if len(found) == 1 else None

    def _add_loop(self, node: ast.AST, over: ast.expr) -> None:
        # Python 3.11 gives the whole loop as the place of its next step, later ones what it runs over.
        self._nodes[_span_of(node)] = self._nodes[_span_of(over)] = over
        self._loops.append(over)


@lru_cache(maxsize=64)
def calls_of_file(file: str) -> Calls:
    """Read a file, or a notebook's cell, once."""
    try:
        return Calls(ast.parse("".join(linecache.getlines(file))))
    except (SyntaxError, ValueError, RecursionError):
        return Calls(ast.Module([], []))


def loader_name(written: Written) -> str | None:
    """Return what a loop runs over, out of its wrappers: `loader` for `enumerate(tqdm(loader))`."""
    if written.span == NOWHERE:
        return None
    text = f"{written.call}({', '.join(written.arguments)})" if written.arguments else written.call
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return written.call
    return ast.unparse(_unwrapped(node))


def _unwrapped(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Call) and _last_name(node.func) in _LOOP_WRAPPERS and node.args:
        node = node.args[0]
    return node


def _read(node: ast.expr) -> Written:
    if not isinstance(node, ast.Call):
        return Written(ast.unparse(node), span=_span_of(node))
    function = node.func
    return Written(
        ast.unparse(function),
        ast.unparse(function.value) if isinstance(function, ast.Attribute) else None,
        tuple(ast.unparse(argument) for argument in node.args),
        _span_of(node),
    )


def _last_name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def _span_of(node: ast.AST) -> Span:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]
