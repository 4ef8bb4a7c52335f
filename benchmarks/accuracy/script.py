"""One file, read with `ast` and apart from trainlint's reader, whose blind spots the benchmark must not share."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator

from benchmarks.accuracy.text import Block, Text

Function = ast.FunctionDef | ast.AsyncFunctionDef
Loop = ast.For | ast.AsyncFor | ast.While
Scope = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
SCOPES = (ast.Module, ast.ClassDef, *FUNCTIONS)


class Script:
    """A file's syntax tree, with the way from a node to what surrounds it."""

    def __init__(self, name: str, data: bytes) -> None:
        """Read the file.

        Raises:
            SyntaxError: it is not Python.
            ValueError: it is not UTF-8, or has null bytes.
        """
        data.decode("utf-8")
        self.name = name
        self.text = Text(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the script would be warned of is not ours to say
            self.tree = ast.parse(data)
        self._parents: dict[ast.AST, ast.AST] = {}
        for node in ast.walk(self.tree):
            for child in ast.iter_child_nodes(node):
                self._parents[child] = node
        self._own: dict[ast.AST, list[ast.AST]] = {}
        self.imports = dict(_imports(self.tree))
        self.modules = set(_modules(self.tree))

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield what surrounds the node, innermost first."""
        while node in self._parents:
            node = self._parents[node]
            yield node

    def scope(self, node: ast.AST) -> Scope:
        """Return the function, class or module to whose body the node belongs."""
        return next(outer for outer in self.ancestors(node) if isinstance(outer, SCOPES))

    def function(self, node: ast.AST) -> Function | None:
        """Return the innermost function around the node."""
        return next((outer for outer in self.ancestors(node) if isinstance(outer, FUNCTIONS)), None)

    def owner(self, node: ast.AST) -> ast.ClassDef | None:
        """Return the innermost class around the node."""
        return next((outer for outer in self.ancestors(node) if isinstance(outer, ast.ClassDef)), None)

    def loops(self, node: ast.AST) -> list[Loop]:
        """Return the loops around the node within its function, innermost first."""
        found: list[Loop] = []
        for outer in self.ancestors(node):
            if isinstance(outer, SCOPES):
                break
            if isinstance(outer, LOOPS):
                found.append(outer)
        return found

    def block(self, statement: ast.stmt) -> Block:
        """Return the statements among which the statement stands."""
        parent = self._parents[statement]
        for name in ("body", "orelse", "finalbody"):
            block = getattr(parent, name, None)
            if isinstance(block, list) and statement in block:
                return block
        raise ValueError(f"{self.name}:{statement.lineno} stands in no block")

    def statement(self, node: ast.AST) -> ast.stmt:
        """Return the innermost statement that the node is part of."""
        while not isinstance(node, ast.stmt):
            node = self._parents[node]
        return node

    def parent(self, node: ast.AST) -> ast.AST | None:
        """Return what the node is a direct part of."""
        return self._parents.get(node)

    def own(self, node: ast.AST) -> list[ast.AST]:
        """Return all nodes below one, in the order of the source, without those of functions and classes inside."""
        if node not in self._own:
            self._own[node] = list(own(node))
        return self._own[node]

    def calls(self, node: ast.AST | None = None) -> Iterator[ast.Call]:
        """Yield the calls of the file, or those below a node that belong to the same function."""
        for each in self._everything() if node is None else self.own(node):
            if isinstance(each, ast.Call):
                yield each

    def dotted(self, node: ast.expr) -> str:
        """Return the full name that an expression stands for by the file's imports, or ""."""
        match node:
            case ast.Name(id=name):
                return self.imports.get(name, name)
            case ast.Attribute(value=value, attr=attr):
                base = self.dotted(value)
                return f"{base}.{attr}" if base else ""
        return ""

    def qualified(self, node: ast.AST) -> str:
        """Return the names of the classes and functions around (and including) a node, joined by dots."""
        around = [node, *self.ancestors(node)]
        return ".".join(reversed([each.name for each in around if isinstance(each, ast.ClassDef | Function)]))

    def _everything(self) -> list[ast.AST]:
        return list(self._parents)


def own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes below one, in the order of the source, without those of functions and classes inside."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, (*FUNCTIONS, ast.ClassDef, ast.Lambda)):
            yield from own(child)


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for name in names:
                    yield (name.asname, name.name) if name.asname else (name.name.split(".")[0],) * 2
            case ast.ImportFrom(module=module, names=names):
                for name in names:
                    yield name.asname or name.name, f"{module or ''}.{name.name}".lstrip(".")


def _modules(tree: ast.Module) -> Iterator[str]:
    """Yield the names of the modules that are imported, dots of relative imports included."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                yield from (f"{'.' * level}{module or ''}{'.' * bool(module)}{name.name}" for name in names)
