"""Which calls may fold other axes into the batch axis of a tensor, so that one sample becomes many."""

from __future__ import annotations

import re

from trainlint.program import facts

_RESHAPES = {"view", "reshape", "flatten", "rearrange", "permute", "transpose", "unfold", "squeeze"}
# What keeps the batch axis in front: its size, under the names it is commonly given.
_BATCH = re.compile(r"(size\(0\)|shape\[0\]|len\(.*\)|^(b|bs|n|batch|batch_?size|num|bsz)$)", re.I)


def may_fold(name: str, arguments: tuple[facts.Argument, ...]) -> bool:
    """Tell whether calling `name`, as a method of a tensor, may change what its first axis counts."""
    if name not in _RESHAPES:
        return False
    first = facts.render(arguments[0].value) if arguments else "0"
    match name:
        case "view" | "reshape":
            if isinstance(arguments[0].value if arguments else None, facts.Collection):
                items = arguments[0].value.items  # type: ignore[union-attr]
                first = facts.render(items[0]) if items else ""
            return _BATCH.search(first) is None
        case "flatten":
            return first in ("0", "start_dim=0")
        case "permute":
            return first != "0"
        case "transpose" | "squeeze":
            return first == "0" or any(facts.render(argument.value) == "0" for argument in arguments)
    return True


def joins_batches(dotted: str, arguments: tuple[facts.Argument, ...]) -> bool:
    """Tell whether a function of torch may put several tensors behind each other along the batch axis."""
    if dotted not in ("torch.cat", "torch.concat", "torch.concatenate", "torch.vstack", "torch.stack"):
        return False
    along = [a.value for a in arguments if a.keyword in ("dim", "axis")] or [a.value for a in arguments[1:2]]
    return not along or along[0] == facts.Literal(0)
