"""Autocast: what its constructors set, and what holds inside a block."""

from __future__ import annotations

import re
from functools import lru_cache

from trainlint.operations import Precision
from trainlint.program.conditions import Atom
from trainlint.program.contexts import Autocast
from trainlint.program.readings import newest, readings
from trainlint.program.tensors import Tensor
from trainlint.program.torch_api import canonical, is_harmless
from trainlint.program.truth import truth
from trainlint.program.values import NONE, Arguments, Constant, External, OneOf, Unknown, Value

# https://docs.pytorch.org/docs/stable/amp.html#torch.autocast: "the default type is given by get_autocast_dtype".
_DEFAULTS = {"cuda": Precision.FLOAT16, "cpu": Precision.BFLOAT16}
_TYPES = {
    "torch.float16": Precision.FLOAT16,
    "torch.half": Precision.FLOAT16,
    "torch.bfloat16": Precision.BFLOAT16,
}
_CONSTRUCTOR = re.compile(r"torch\.(?:autocast|(?:(?P<device>\w+)\.)?amp\.autocast)$")


def autocast_context(dotted: str, arguments: Arguments) -> Autocast | None:
    """Return what a constructor of autocast makes; `None` for any other name."""
    match = _constructor(dotted)
    if match is None:
        return None
    device = match["device"]
    if device is None:
        devices = _device_types(arguments.get(0, "device_type"))
        dtype, enabled = arguments.get(1, "dtype"), arguments.get(2, "enabled")
    else:
        devices = frozenset({device})
        enabled, dtype = arguments.get(0, "enabled"), arguments.get(1, "dtype")
    precision = _default(devices) if dtype in (None, NONE) else _precision(dtype)
    return Autocast(True if enabled is None else truth(enabled), precision)


@lru_cache(maxsize=4096)
def _constructor(dotted: str) -> re.Match[str] | None:
    return _CONSTRUCTOR.match(canonical(dotted))


def inside(value: Value, around: Autocast | None) -> Autocast | None:
    """Return the autocast inside the block of a `with` over this value; `None` where it is not known."""
    match value:
        case Autocast():
            return value
        case OneOf(options):
            ways = {inside(option, around) for option in options}
            known = [way for way in ways if way is not None]
            if len(known) < len(ways):
                return None
            return known[0] if len(known) == 1 else _either(known, value)
        case Unknown(parts=(External(dotted), *_)) if is_harmless(dotted):
            return around
        case Unknown():
            return None
    return around


def _either(ways: list[Autocast], value: Value) -> Autocast:
    """Return the autocast that is one of several: on where one of those that set it on was chosen."""
    on = [way for way in ways if way.enabled is not False]
    precisions = {way.precision for way in on}
    precision = precisions.pop() if len(precisions) == 1 else Precision.LOWER
    if len(on) == len(ways) and all(way.enabled is True for way in on):
        return Autocast(True, precision)
    return Autocast(Atom(("autocast", value.key), newest(value)), precision)


def _precision(dtype: Value | None) -> Precision:
    known = {_TYPES.get(r.dotted) if isinstance(r, External) else None for r in readings(dtype or NONE)}
    only = known.pop() if len(known) == 1 else None
    return only or Precision.LOWER


def _default(devices: frozenset[str]) -> Precision:
    """Return the type that autocast takes by itself; of a script that may run with or without a GPU, that with one."""
    if "cuda" in devices:
        return Precision.FLOAT16
    known = {_DEFAULTS.get(device, Precision.LOWER) for device in devices}
    return known.pop() if len(known) == 1 else Precision.LOWER


def _device_types(value: Value | None) -> frozenset[str]:
    """Return the device types that a value may name; empty where they are not known."""
    match value:
        case Constant(str() as name):
            return frozenset({name.partition(":")[0]})
        case OneOf(options):
            named = [_device_types(option) for option in options]
            return frozenset().union(*named) if all(named) else frozenset()
        case Tensor(made_by=made_by) if made_by is not None and made_by.name == "torch.device":
            return _device_types(made_by.arguments.get(0, "type"))
        case Unknown(name="type", parts=(Tensor() as device,)):
            return _device_types(device)
        case Unknown(default=Constant() as default):
            return _device_types(default)
    return frozenset()
