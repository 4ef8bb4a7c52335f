"""Lower import statements to the names that they bind."""

from __future__ import annotations

import libcst as cst

from trainlint.program import facts
from trainlint.program.facts import Statement


def lower_import(node: cst.Import) -> Statement:
    """Lower `import a.b`, which binds `a`, and `import a.b as c`."""
    bindings = []
    for alias in node.names:
        dotted = _dotted(alias.name)
        if alias.asname is not None:
            bindings.append((_dotted(alias.asname.name), dotted, True))
        else:  # `import a.b` binds `a`
            top = dotted.split(".")[0]
            bindings.append((top, top, True))
    return facts.Import(tuple(bindings))


def lower_import_from(node: cst.ImportFrom) -> Statement:
    """Lower `from a import b`; a relative import keeps its dots."""
    origin = "." * len(node.relative) + ("" if node.module is None else _dotted(node.module))
    if isinstance(node.names, cst.ImportStar):
        return facts.Import((("*", origin, True),))
    separator = "" if origin.endswith(".") else "."
    bindings = []
    for alias in node.names:
        dotted = f"{origin}{separator}{_dotted(alias.name)}"
        local = _dotted(alias.name if alias.asname is None else alias.asname.name)
        bindings.append((local, dotted, False))
    return facts.Import(tuple(bindings))


def _dotted(node: cst.CSTNode) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else "?"
