"""Take a picture of objects of the user's, and put them back bit by bit, in place, with every identity kept.

A `state_dict` would not do: it leaves out buffers that are not persistent, modes, gradients, attributes that a forward
sets and an optimizer's state before its first step, and loading it may replace tensors that others hold.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.utils.data import DataLoader, Dataset, Sampler

from trainlint.lr.randomness import Undo, generator_state

try:
    from torch.amp import GradScaler
except ImportError:  # before torch 2.3
    from torch.cuda.amp import GradScaler  # type: ignore[assignment]

# These own what their attributes hold. Of any other object only the attributes themselves are put back.
_OWNERS = (nn.Module, Optimizer, LRScheduler, GradScaler, DataLoader, Sampler)


class Snapshot:
    """The state of some objects at one moment, as deep as they own it; `without` are parts to leave out."""

    def __init__(self, *roots: object, without: Iterable[object] = ()) -> None:
        self._undos: list[Undo] = []
        self._seen = {id(part): part for part in without}  # with the objects, lest an id is given anew
        for root in roots:  # before an owner that holds it by reference only
            if not isinstance(root, _OWNERS):
                self._bare(root)
            elif isinstance(root, DataLoader):
                self._bare(root.dataset)
        self._see_all(root for root in roots if isinstance(root, _OWNERS))

    def restore(self) -> None:
        """Put everything back."""
        with torch.no_grad():
            for undo in self._undos:
                undo()

    def _see(self, value: Any) -> None:
        if isinstance(value, (bool, int, float, str, type(None))) or id(value) in self._seen:
            return
        self._seen[id(value)] = value
        if isinstance(value, torch.Tensor):
            self._tensor(value)
        elif isinstance(value, dict):
            self._undos.append(_dict_undo(value))
            self._see_all(value.values())
        elif isinstance(value, (list, deque)):
            self._undos.append(partial(_refill, value, list(value)))
            self._see_all(value)
        elif isinstance(value, set):
            self._undos.append(partial(_refill_set, value, frozenset(value)))
        elif isinstance(value, tuple):
            self._see_all(value)
        elif isinstance(value, _OWNERS):
            if isinstance(value, torch.jit.ScriptModule):
                self._script(value)
            self._see(vars(value))
        elif (undo := generator_state(value)) is not None:
            self._undos.append(undo)

    def _see_all(self, values: Iterable[object]) -> None:
        for value in values:
            self._see(value)

    def _tensor(self, tensor: torch.Tensor) -> None:
        if is_lazy(tensor) or not tensor.is_leaf:
            return
        expanded = any(step == 0 and size > 1 for step, size in zip(tensor.stride(), tensor.shape, strict=True))
        # Nobody can change the values of these in place. The others are kept on the host: a second copy of model and
        # optimizer may not fit on the device.
        fixed = tensor.is_meta or tensor.is_inference() or expanded
        kept = None if fixed else tensor.detach().to("cpu", copy=True)
        self._undos.append(partial(_put_back, tensor, kept, tensor.requires_grad, tensor.grad))

    def _script(self, module: torch.jit.ScriptModule) -> None:
        """See what a scripted module keeps out of Python's sight."""
        for part in module.modules():
            self._undos.append(partial(setattr, part, "training", part.training))
        self._see_all(module.parameters())
        self._see_all(module.buffers())

    def _bare(self, value: object) -> None:
        """See the attributes of an object and its generators, not what else it holds: of a dataset, not the data."""
        if id(value) in self._seen:
            return
        self._seen[id(value)] = value
        attributes = getattr(value, "__dict__", None)
        if not isinstance(attributes, dict):
            return
        self._undos.append(_dict_undo(attributes))
        for attribute in attributes.values():
            for part in attribute if isinstance(attribute, (list, tuple)) else (attribute,):
                if isinstance(part, Dataset):
                    self._bare(part)
                elif (undo := generator_state(part)) is not None:
                    self._undos.append(undo)


def _put_back(tensor: torch.Tensor, kept: torch.Tensor | None, requires_grad: bool, grad: torch.Tensor | None) -> None:
    if not tensor.is_leaf:
        tensor.detach_()
    if kept is not None:
        tensor.copy_(kept)
    if tensor.requires_grad != requires_grad:
        tensor.requires_grad_(requires_grad)
    tensor.grad = grad


def _dict_undo(container: dict[Any, Any]) -> Callable[[], None]:
    keys, values = list(container), list(container.values())

    def undo() -> None:
        if not _identical(list(container), keys) or not _identical(list(container.values()), values):
            container.clear()
            container.update(zip(keys, values, strict=True))

    return undo


def _refill(container: list[Any] | deque[Any], before: list[Any]) -> None:
    if not _identical(list(container), before):
        container.clear()
        container.extend(before)


def _refill_set(container: set[Any], before: frozenset[Any]) -> None:
    if container != before:
        container.clear()
        container.update(before)


def _identical(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(part is twin for part, twin in zip(one, other, strict=True))
