"""Which axis of a tensor a size was taken from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.program.outputs import MAX_CHAIN, operand
from trainlint.program.records import Called
from trainlint.program.shapes import keeps_shape
from trainlint.program.tensors import Tensor
from trainlint.program.values import Constant, Items, Method, Unknown, Value

_AXIS = re.compile(r"\[(\d+)\]")


def sizes_of(call: Called) -> list[Value]:
    """Return the sizes that a `view` or `reshape` is given; none where some may be hidden."""
    given = list(call.arguments.positional) if isinstance(call.callee, Method) else list(call.arguments.positional[1:])
    if len(given) == 1 and isinstance(given[0], Items):
        return list(given[0].items) if given[0].complete else []
    return given if call.arguments.complete else []


def axis_of(tensor: Value, size: Value) -> int | None:
    """Return the axis of a tensor whose length a size is, as `x.shape[1]`, `x.size(1)` or unpacked from them."""
    found = _axis_before(tensor, size)
    return None if found is None or found[1] else found[0]


def _axis_before(tensor: Value, size: Value) -> tuple[int, bool] | None:
    """Return which axis a size is the length of, and whether that axis may have another length by now."""
    if not isinstance(size, Unknown) or not isinstance(size.key, tuple) or len(size.key) != 3:
        return None
    kind, whole, name = size.key
    axis = _AXIS.fullmatch(name) if kind == "member" and isinstance(name, str) else None
    if axis is None:
        return None
    for same, resized in _of_one_order(tensor):
        if whole == shape_key(same):
            return int(axis[1]), int(axis[1]) in resized
    return None


def divided(tensor: Value, size: Value) -> tuple[int, Value] | None:
    """Return the axis that a size is a part of, and by what it was divided: `c // heads`."""
    if not isinstance(size, Unknown) or len(size.parts) != 2 or not isinstance(size.key, tuple):
        return None
    if size.key[:2] not in (("arithmetic", "//"), ("arithmetic", "/")):
        return None
    whole, count = size.parts
    found = _axis_before(tensor, whole)
    return None if found is None else (found[0], count)


def shape_key(tensor: Value) -> object:
    """Return the key of the value that the shape of a tensor is."""
    return ("shape", tensor.key) if isinstance(tensor, Tensor) else ("member", tensor.key, "shape")


def _of_one_order(tensor: Value) -> Iterator[tuple[Value, frozenset[int | None]]]:
    """Yield a tensor and those that it was computed from with the same axes in the same order.

    With each come the axes whose length has changed on the way; a linear layer changes the last one, -1.
    """
    current: Value | None = tensor
    resized: frozenset[int | None] = frozenset()
    for _ in range(MAX_CHAIN):
        if current is None:
            return
        yield current, resized
        if not isinstance(current, Tensor):
            return
        if current.taken_from is not None:  # one of the pieces that `split` and `chunk` give
            whole, index = current.taken_from
            cuts = whole.made_by is not None and whole.made_by.name in (
                ".split",
                ".chunk",
                "torch.split",
                "torch.chunk",
            )
            if not cuts or not isinstance(index, int) or whole.taken_from is not None:
                return
            current = whole
        call = current.made_by
        if call is None:
            return
        if call.name in (".split", ".chunk", "torch.split", "torch.chunk"):
            axis = call.arguments.get(1 if call.name.startswith(".") else 2, "dim")
            resized |= {axis.value if isinstance(axis, Constant) and isinstance(axis.value, int) else 0}
        elif call.name == "torch.nn.Linear":
            resized |= {-1}
        elif not keeps_shape(call):
            return
        current = operand(call)
