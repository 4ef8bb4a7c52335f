"""Which values a call changes in place, with all that lies in the same memory."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping

from trainlint.program.readings import readings
from trainlint.program.records import Called
from trainlint.program.tensors import Tensor
from trainlint.program.values import Constant, Method, Object, Unknown, Value

MAX_VIEWS = 16  # views of views that one write is followed through


def written_by(call: Called) -> Iterator[Value]:
    """Yield the values whose numbers a call overwrites: by `fill_`, `inplace=True` or `out=`."""
    home, _, last = call.name.rpartition(".")
    if not call.name.endswith("_") and not call.arguments.keyword and not isinstance(call.callee, Object):
        return
    in_place = last.endswith("_") and not last.endswith("__") and last not in _KEEPS_NUMBERS
    if isinstance(call.callee, Method):
        if in_place:
            yield call.callee.receiver
    elif home.startswith("torch"):
        given = call.callee.arguments if isinstance(call.callee, Object) else call.arguments
        asked = given.keyword.get("inplace", Constant(False)) != Constant(False)
        first = call.arguments.positional[:1] or tuple(call.arguments.keyword.values())[:1]
        if (in_place or asked) and (not asked or not call.makes or ".functional." in call.name):
            yield from first
    if (out := call.arguments.keyword.get("out")) is not None:
        yield out


def resized_by(call: Called) -> Iterator[Value]:
    """Yield the tensor whose axes a call changes in place."""
    if isinstance(call.callee, Method) and call.callee.name in _RESIZES:
        yield call.callee.receiver


def sharing_memory(value: Value, sliced: Mapping[int, list[Value]]) -> set[Hashable]:
    """Return the keys of all that a write to a value may change: itself, and what it is a view of.

    `sliced` has what was sliced, by the `id` of the slice.
    """
    keys: set[Hashable] = set()
    pending = list(readings(value))
    for _ in range(MAX_VIEWS):
        if not pending:
            break
        current = pending.pop()
        keys.add(current.key)
        key = current.key
        while isinstance(key, tuple) and key[:1] == ("member",):  # `x.data`, of something not known
            key = key[1]
            keys.add(key)
        if isinstance(current, (Tensor, Unknown)):
            pending.extend(sliced.get(id(current), ()))
        if isinstance(current, Tensor) and current.taken_from is not None:
            pending.append(current.taken_from[0])
        elif isinstance(current, Tensor) and current.made_by is not None:
            made = current.made_by.callee
            if isinstance(made, Method) and made.name in _VIEWS:
                pending.extend(readings(made.receiver))
    return keys


_RESIZES = {
    *("squeeze_", "unsqueeze_", "t_", "transpose_", "swapaxes_", "swapdims_"),
    *("resize_", "resize_as_", "set_", "as_strided_"),
}
# Methods that change something else than the numbers; those of modules, such as `requires_grad_`, are among them.
_KEEPS_NUMBERS = {"detach_", "requires_grad_", "share_memory_", "unscale_", "pin_memory_", "retain_grad_", *_RESIZES}
_VIEWS = {
    *("view", "view_as", "reshape", "squeeze", "unsqueeze", "flatten", "permute", "transpose", "t", "narrow", "select"),
    *("detach", "diagonal", "expand", "unfold", "chunk", "split", "unbind", "contiguous", "to", "float", "cuda", "cpu"),
    *("squeeze_", "unsqueeze_", "t_", "transpose_", "requires_grad_", "detach_", "fill_", "zero_", "copy_"),
}
