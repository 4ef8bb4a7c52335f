"""Whether a tensor is what a model gave, or data: an item of a batch, or made from numbers."""

from __future__ import annotations

from collections.abc import Hashable, Set
from enum import Enum

from trainlint.operations import Role
from trainlint.program.outputs import MAX_CHAIN, keeps_numbers, operand
from trainlint.program.readings import readings
from trainlint.program.records import Called
from trainlint.program.tensors import Tensor
from trainlint.program.values import NONE, Object, Unknown, Value


class Origin(str, Enum):
    """Where the numbers of a tensor come from."""

    FORWARD = "forward"  # a model gave them
    BATCH = "batch"  # an item of what a loader gives
    MADE = "made"  # drawn, counted or written in the source


def origin_of(value: Value | None, written: Set[Hashable], depth: int = MAX_CHAIN) -> Origin | None:
    """Return where a tensor comes from, in all its readings; `None` where one is not known or they differ.

    `written` has the keys of what is overwritten in place.
    """
    found = (
        {_origin(reading, written, depth - 1) for reading in readings(value) if reading != NONE}
        if value is not None
        else set()
    )
    return found.pop() if len(found) == 1 and depth > 0 else None


def _origin(value: Value, written: Set[Hashable], depth: int) -> Origin | None:
    if not isinstance(value, Tensor) or value.key in written:
        return None
    if value.taken_from is not None:
        whole, index = value.taken_from
        if whole.taken_from is None and whole.made_by is None:
            drawn = whole.loader is not None and not whole.sources and index is not None
            return Origin.BATCH if drawn else None
        return origin_of(whole, written, depth)
    call = value.made_by
    if call is None:
        return None
    if _is_model(call):
        return Origin.FORWARD
    home, _, last = call.name.rpartition(".")
    if home == "torch" and last in _MADE:
        return Origin.MADE
    return origin_of(operand(call), written, depth) if keeps_numbers(call) or last in _ACTIVATIONS else None


def _is_model(call: Called) -> bool:
    callee = call.callee
    if isinstance(callee, Unknown):
        return callee.role is Role.MODEL
    return isinstance(callee, Object) and callee.role is Role.MODEL and call.name.rpartition(".")[2] not in _NO_MODEL


_MADE = {
    *("tensor", "as_tensor", "from_numpy", "zeros", "ones", "full", "zeros_like", "ones_like", "full_like", "randint"),
    *("arange", "bernoulli", "FloatTensor", "DoubleTensor", "LongTensor", "IntTensor", "ByteTensor", "BoolTensor"),
}
_ACTIVATIONS = {"sigmoid", "softmax", "log_softmax", "tanh", "one_hot", "Sigmoid", "Softmax", "LogSoftmax", "Tanh"}
_NO_MODEL = {"Sigmoid", "Softmax", "LogSoftmax", "Tanh", "Flatten", "Identity", "Dropout"}
