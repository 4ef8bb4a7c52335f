"""Which axis of a tensor a size was taken from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trainlint.program.outputs import MAX_CHAIN, operand
from trainlint.program.records import Called
from trainlint.program.shapes import keeps_shape
from trainlint.program.values import Items, Method, Tensor, Unknown, Value

_AXIS = re.compile(r"\[(\d+)\]")


def sizes_of(call: Called) -> list[Value]:
    """Return the sizes that a `view` or `reshape` is given; none where some may be hidden."""
    given = list(call.arguments.positional) if isinstance(call.callee, Method) else list(call.arguments.positional[1:])
    if len(given) == 1 and isinstance(given[0], Items):
        return list(given[0].items) if given[0].complete else []
    return given if call.arguments.complete else []


def axis_of(tensor: Value, size: Value) -> int | None:
    """Return the axis of a tensor whose length a size is, as `x.shape[1]`, `x.size(1)` or unpacked from them."""
    if not isinstance(size, Unknown) or not isinstance(size.key, tuple) or len(size.key) != 3:
        return None
    kind, whole, name = size.key
    axis = _AXIS.fullmatch(name) if kind == "member" and isinstance(name, str) else None
    return int(axis[1]) if axis and any(whole == shape_key(same) for same in _of_one_shape(tensor)) else None


def divided(tensor: Value, size: Value) -> tuple[int, Value] | None:
    """Return the axis that a size is a part of, and by what it was divided: `c // heads`."""
    if not isinstance(size, Unknown) or len(size.parts) != 2 or not isinstance(size.key, tuple):
        return None
    if size.key[:2] not in (("arithmetic", "//"), ("arithmetic", "/")):
        return None
    whole, count = size.parts
    axis = axis_of(tensor, whole)
    return None if axis is None else (axis, count)


def shape_key(tensor: Value) -> object:
    """Return the key of the value that the shape of a tensor is."""
    return ("shape", tensor.key) if isinstance(tensor, Tensor) else ("member", tensor.key, "shape")


def _of_one_shape(tensor: Value) -> Iterator[Value]:
    """Yield a tensor and those of the same shape that it was computed from, number by number."""
    current: Value | None = tensor
    for _ in range(MAX_CHAIN):
        if current is None:
            return
        yield current
        call = current.made_by if isinstance(current, Tensor) and current.part is None else None
        if call is None or not keeps_shape(call):
            return
        current = operand(call)
