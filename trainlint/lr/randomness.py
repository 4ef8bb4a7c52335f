"""The random state of the process: read it whole, and put it back."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch

Undo = Callable[[], None]


def global_random_state(device_types: Iterable[str]) -> list[Undo]:
    """Return what puts back the random state of Python, of NumPy where it is imported, and of torch on each device."""
    undos: list[Undo] = [
        partial(random.setstate, random.getstate()),
        partial(torch.set_rng_state, torch.get_rng_state()),
    ]
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        undos.append(partial(numpy.random.set_state, numpy.random.get_state()))
    used = set(device_types) - {"cpu", "meta"}
    if torch.cuda.is_initialized():
        used.add("cuda")
    for device_type in sorted(used):
        backend: Any = getattr(torch, device_type, None)
        if hasattr(backend, "get_rng_state_all"):
            undos.append(partial(backend.set_rng_state_all, backend.get_rng_state_all()))
        elif hasattr(backend, "get_rng_state"):
            undos.append(partial(backend.set_rng_state, backend.get_rng_state()))
    return undos


def generator_state(value: object) -> Undo | None:
    """Return what puts a generator of random numbers back, of torch, Python or NumPy; `None` for anything else."""
    if isinstance(value, torch.Generator):
        return partial(_set_generator, value, value.get_state())
    if isinstance(value, random.Random):
        return partial(value.setstate, value.getstate())
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    if isinstance(value, numpy.random.RandomState):
        return partial(value.set_state, value.get_state())
    if isinstance(value, numpy.random.Generator):
        return partial(setattr, value.bit_generator, "state", value.bit_generator.state)
    return None


def _set_generator(generator: torch.Generator, state: torch.Tensor) -> None:
    generator.set_state(state)
