"""Lower import statements to the names that they bind."""

from __future__ import annotations

import ast

from trainlint.program import facts


def lower_import(node: ast.Import) -> facts.Import:
    """Lower `import a.b`, which binds `a`, and `import a.b as c`."""
    bindings = []
    for alias in node.names:
        if alias.asname is not None:
            bindings.append((alias.asname, alias.name, True))
        else:  # `import a.b` binds `a`
            top = alias.name.split(".")[0]
            bindings.append((top, top, True))
    return facts.Import(tuple(bindings))


def lower_import_from(node: ast.ImportFrom) -> facts.Import:
    """Lower `from a import b`; a relative import keeps its dots."""
    origin = "." * node.level + (node.module or "")
    separator = "" if origin.endswith(".") else "."
    bindings = []
    for alias in node.names:
        if alias.name == "*":
            bindings.append(("*", origin, True))
        else:
            bindings.append((alias.asname or alias.name, f"{origin}{separator}{alias.name}", False))
    return facts.Import(tuple(bindings))
