"""What a `finally` does when the block that it belongs to is left."""

from __future__ import annotations

from trainlint.program.flow import Branch, Choice, Exit, Loop, Tree, Unrolled


def before_leaving(tree: Tree, final: Tree) -> Tree:
    """Return the tree with `final` in front of each `return` and `raise` that leaves it.

    What happens inside a call that was replaced by what it does leaves that call only.
    """
    match tree:
        case Exit("return" | "raise"):
            return (final, tree)
        case tuple():
            return tuple(before_leaving(child, final) for child in tree)
        case Branch(condition, then, orelse):
            return Branch(condition, before_leaving(then, final), before_leaving(orelse, final))
        case Choice(options):
            return Choice(tuple(before_leaving(option, final) for option in options))
        case Loop(body, since, until):
            return Loop(before_leaving(body, final), since, until)
        case Unrolled(bodies):
            return Unrolled(tuple(before_leaving(body, final) for body in bodies))
    return tree
