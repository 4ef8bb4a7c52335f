"""How a file names what it imports from a library, and imports that a fix needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from trainlint.fixing.tree import CannotEditError, Tree


@dataclass(frozen=True, slots=True)
class Imported:
    """A name that the top of a file imports: `local` stands for `dotted`."""

    local: str
    dotted: str
    alias: cst.ImportAlias
    statement: cst.Import | cst.ImportFrom


def imported(tree: Tree) -> Iterator[Imported]:
    """Yield what the file imports, outside of functions and of code that may not run."""
    for line in tree.module.body:
        for statement in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            if not isinstance(statement, (cst.Import, cst.ImportFrom)) or isinstance(statement.names, cst.ImportStar):
                continue
            home = "" if isinstance(statement, cst.Import) else _home(tree, statement)
            for alias in statement.names:
                name = alias.evaluated_name
                local = alias.evaluated_alias
                if home is None:
                    continue
                if home:
                    yield Imported(local or name, f"{home}.{name}", alias, statement)
                elif local:
                    yield Imported(local, name, alias, statement)
                else:
                    first = name.partition(".")[0]
                    yield Imported(first, first, alias, statement)


def _home(tree: Tree, statement: cst.ImportFrom) -> str | None:
    return None if statement.relative or statement.module is None else tree.text(statement.module)


def spelling(tree: Tree, dotted: str, callee: str) -> str | None:
    """Return how the file names something of a library: with the prefix of `callee`, else by the longest import."""
    known = {each.local: each.dotted for each in imported(tree)}
    known = {local: name for local, name in known.items() if dotted == name or dotted.startswith(f"{name}.")}
    ways = {local + dotted.removeprefix(name): len(name) for local, name in known.items()}
    same = [way for way in ways if way.rpartition(".")[0] == callee.rpartition(".")[0]]
    return same[0] if same else max(ways, key=lambda way: ways[way], default=None)


def source_of(tree: Tree, callee: str) -> Imported | None:
    """Return the import of one name from a library that alone says what a callee is: `Adam`, not `optim.Adam`."""
    found = [each for each in imported(tree) if each.local == callee and isinstance(each.statement, cst.ImportFrom)]
    return found[0] if len(found) == 1 else None


def _means(tree: Tree, node: cst.CSTNode, name: str) -> bool:
    """Tell whether a node uses a name by itself, not as an attribute or for an argument."""
    parent = tree.parents.get(node)
    is_part = (isinstance(parent, cst.Attribute) and parent.attr is node) or (
        isinstance(parent, cst.Arg) and parent.keyword is node
    )
    return isinstance(node, cst.Name) and node.value == name and not is_part


def is_only_use(tree: Tree, node: cst.CSTNode, new: str) -> bool:
    """Tell whether a node is the only one that uses its name, and nothing uses the new one."""
    assert not isinstance(node, cst.Module)
    uses = {
        name: [each for each in tree.inside(tree.module) if _means(tree, each, name)] for name in (new, tree.text(node))
    }
    apart = [
        each for each in uses[tree.text(node)] if not any(isinstance(a, cst.ImportAlias) for a in tree.around(each))
    ]
    return not uses[new] and len(apart) == 1 and apart[0] is node


def with_import(tree: Tree, module: cst.Module, dotted: str) -> cst.Module:
    """Return the module with an import of a name that it has not, behind the first import of the same library."""
    home, _, name = dotted.rpartition(".")
    if any(_means(tree, node, name) for node in tree.inside(tree.module)):
        raise CannotEditError(f"`{name}` is not imported, and means something else in the file")
    library = dotted.partition(".")[0]
    body = list(module.body)
    for number, line in enumerate(body):
        statements = line.body if isinstance(line, cst.SimpleStatementLine) else ()
        for statement in statements:
            named = isinstance(statement, (cst.Import, cst.ImportFrom)) and module.code_for_node(statement).split()[1]
            if named and named.partition(".")[0].rstrip(",") == library:
                body.insert(number + 1, tree.statement(f"from {home} import {name}"))
                return module.with_changes(body=body)
    raise CannotEditError(f"`{dotted}` is not imported, and the fix finds no place for the import")


def with_library(tree: Tree, module: cst.Module, library: str) -> cst.Module:
    """Return the module with an import of a library that it has not, behind its first imports."""
    if any(_means(tree, node, library) for node in tree.inside(tree.module)):
        raise CannotEditError(f"`{library}` means something else in the file")
    body = list(module.body)
    places = [number for number, line in enumerate(body) if _imports(line)]
    if not places:
        raise CannotEditError(f"`{library}` is not imported, and the fix finds no place for the import")
    last = next(
        number for number in range(places[0], len(body) + 1) if number == len(body) or not _imports(body[number])
    )
    body.insert(last, tree.statement(f"import {library}"))
    return module.with_changes(body=body)


def _imports(line: cst.CSTNode) -> bool:
    return isinstance(line, cst.SimpleStatementLine) and isinstance(line.body[0], (cst.Import, cst.ImportFrom))
