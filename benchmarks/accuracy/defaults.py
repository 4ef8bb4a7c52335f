"""The numbers that names are given in a repository: assignments, arguments, parameter and `argparse` defaults."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from benchmarks.accuracy.script import Script


def collect(scripts: Iterable[Script]) -> dict[str, list[float]]:
    """Return the numbers by name."""
    found: dict[str, list[float]] = {}
    for script in scripts:
        for node in ast.walk(script.tree):
            for name, value in _given(node):
                if isinstance(value, ast.Constant) and _is_number(value.value):
                    found.setdefault(name, []).append(float(value.value))  # type: ignore[arg-type]
    return found


def _given(node: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    match node:
        case ast.keyword(arg=str() as name, value=value):
            yield name, value
        case ast.Assign(targets=[ast.Name(id=name) | ast.Attribute(attr=name)], value=value):
            yield name, value
        case ast.Call(func=ast.Attribute(attr="add_argument"), args=flags, keywords=keywords):
            default = next((k.value for k in keywords if k.arg == "default"), None)
            for flag in flags:
                if isinstance(flag, ast.Constant) and isinstance(flag.value, str):
                    yield flag.value.lstrip("-").replace("-", "_"), default
        case ast.arguments(posonlyargs=first, args=then, defaults=defaults):
            named = [*first, *then]
            for arg, value in zip(named[len(named) - len(defaults) :], defaults, strict=True):
                yield arg.arg, value
            for arg, optional in zip(node.kwonlyargs, node.kw_defaults, strict=True):
                yield arg.arg, optional


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
