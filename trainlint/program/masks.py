"""Attention masks whose numbers are zeros and ones."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Set

from trainlint.program import facts
from trainlint.program.outputs import MAX_CHAIN, keeps_numbers, operand
from trainlint.program.readings import readings
from trainlint.program.records import Called
from trainlint.program.tensors import Tensor
from trainlint.program.values import NONE, External, Unknown, Value


def zeros_and_ones(value: Value | None, made: Mapping[int, Called], written: Set[Hashable]) -> Called | None:
    """Return the call that made a mask of zeros and ones in floating point; `None` if it is not known to be one.

    `made` has the calls that gave values which are not known, by `id` of the value; `written` the keys of what is
    overwritten in place.
    """
    options = [] if value is None else [reading for reading in readings(value) if reading != NONE]
    found = [_made_by(option, made, written, MAX_CHAIN) for option in options]
    return found[0] if found and all(call is not None for call in found) else None


def _made_by(value: Value, made: Mapping[int, Called], written: Set[Hashable], depth: int) -> Called | None:
    if depth <= 0 or value.key in written:
        return None
    if isinstance(value, Tensor) and value.taken_from is not None:
        whole, index = value.taken_from
        return _made_by(whole, made, written, depth - 1) if index is None else None
    call = value.made_by if isinstance(value, Tensor) else made.get(id(value)) if isinstance(value, Unknown) else None
    if call is None:
        return None
    source = operand(call)
    home, _, last = call.name.rpartition(".")
    if home in ("", "torch") and last in ("tril", "triu"):
        return call if source is not None and _is_ones(source, written, depth - 1) else None
    kept = last in ("repeat", *_CASTS) or keeps_numbers(call)
    if source is None or not kept or not _stays_float(call):
        return None
    if isinstance(source, Unknown) and _is_truth(source):
        return call if _becomes_float(call) else None
    return _made_by(source, made, written, depth - 1)


def _is_ones(value: Value, written: Set[Hashable], depth: int) -> bool:
    if depth <= 0 or not isinstance(value, Tensor) or value.made_by is None or value.key in written:
        return False
    call = value.made_by
    if call.name in ("torch.ones", "torch.ones_like"):
        dtype = call.arguments.get(-1, "dtype")
        like = call.name == "torch.ones_like"  # of what type is not known
        return _is_float(dtype) if dtype is not None else not like and call.arguments.complete
    source = operand(call)
    return source is not None and keeps_numbers(call) and _stays_float(call) and _is_ones(source, written, depth - 1)


def _is_truth(value: Unknown) -> bool:
    return isinstance(value.key, tuple) and value.key[:1] == ("truth",)


def _becomes_float(call: Called) -> bool:
    return call.name in (".float", ".half", ".double") or any(_is_float(value) for value in call.arguments.values())


def _stays_float(call: Called) -> bool:
    """Tell whether what a call gives is surely of a floating type where its input is."""
    if call.name not in _CASTS_BY_ARGUMENT:
        return True
    texts = [facts.render(argument.value) for argument in call.node.arguments]
    values = call.arguments.values()
    return all(_is_float(value) or _DEVICE.search(text) for value, text in zip(values, texts, strict=False))


def _is_float(value: Value | None) -> bool:
    return isinstance(value, External) and value.dotted in _FLOATS


_FLOATS = {f"torch.{name}" for name in ("float", "float16", "float32", "float64", "half", "double", "bfloat16")}
_CASTS = ("float", "half", "double")
_CASTS_BY_ARGUMENT = (".to", ".type", ".type_as")
_DEVICE = re.compile(r"(^|[._])(device|cuda|cpu|gpu)|rank$|non_blocking|True|False", re.I)
