"""A watched model: its parameters, the modules whose mode matters, and whether its gradients were touched."""

# ruff: noqa: SLF001 - torch has no public name for these classes and counters

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

_NAMED = 4  # module names kept per forward: enough to recognise the place
_SENTINELS = 2
GradientState = list[tuple[int, int] | None]


class Watched:
    """One model of the watch."""

    def __init__(self, module: nn.Module, number: int, name: str) -> None:
        self.module = module
        self.number = number
        self.name = name.rpartition(".")[2]  # as the call of it is written
        self.numbers = frozenset([number])
        self.same = _same(module)
        named = list(module.named_modules())
        self.norms = [(name, part) for name, part in named if isinstance(part, nn.modules.batchnorm._BatchNorm)]
        self.dropouts = [(name, part) for name, part in named if drop_rate(part) > 0]
        self.parameters = list(module.parameters())
        self.parameter_ids = {id(parameter) for parameter in self.parameters}
        self.busy = False
        self.lazy = any(map(is_lazy, self.parameters))
        self._sentinels: Sequence[nn.Parameter] = _spread([p for p in self.parameters if p.requires_grad])
        self._state = self._gradient_state()

    def settle(self) -> None:
        """Remember the gradients as they are after an operation that is on record."""
        self._state = self._gradient_state()

    def gradients_touched(self) -> bool:
        """Tell whether gradients changed since they were last looked at, and remember them as they are."""
        state = self._gradient_state()
        touched = state != self._state
        self._state = state
        return touched

    def gradients_replaced(self) -> bool:
        """Tell whether there are gradients that were not there before, and remember them as they are."""
        before, self._state = self._state, self._gradient_state()
        return any(
            new is not None and (old is None or old[0] != new[0]) for old, new in zip(before, self._state, strict=True)
        )

    def gradients_changed(self) -> bool:
        """Tell whether a backward changed gradients; it may be the first that reaches some parameters."""
        if self.gradients_touched():
            return True
        reached = _spread([p for p in self.parameters if p.requires_grad and p.grad is not None])
        if not reached or all(any(one is other for other in self._sentinels) for one in reached):
            return False
        self._sentinels = reached
        self.settle()
        return True

    def _gradient_state(self) -> GradientState:
        """Return what changes when gradients are made, added to, clipped, zeroed or taken away.

        A few parameters stand for all, so that it costs the same for any model.
        """
        return [
            None if (gradient := parameter.grad) is None else (id(gradient), gradient._version)
            for parameter in self._sentinels
        ]

    def modes(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the dropout and batch norm modules in training mode, a few names each."""
        kept = [(name, norm) for name, norm in self.norms if norm.track_running_stats]  # others have one mode only
        return _training(self.dropouts), _training(kept)

    def statistics_state(self) -> list[int]:
        """Return what rises when running statistics move: not their version, which the kernel bypasses."""
        return [
            counter._version
            for _, part in self.norms
            if part.training and (counter := part.num_batches_tracked) is not None
        ]


def size_of(parameter: torch.Tensor) -> int:
    """Return the number of values; a lazy parameter has none before its first forward."""
    return 0 if is_lazy(parameter) else parameter.numel()


def _same(module: nn.Module) -> Sequence[nn.Module]:
    """Return a module and those in it that are the same model, as in a compiled or a distributed one.

    It may be called, and its mode changed, by either.
    """
    same = [module]
    ids = {id(parameter) for parameter in module.parameters()}
    while ids:
        inside = [part for part in same[-1].children() if ids == {id(parameter) for parameter in part.parameters()}]
        if len(inside) != 1:
            break
        same += inside
    return same


def drop_rate(module: nn.Module) -> float:
    """Return the share that a module drops in training mode."""
    if isinstance(module, nn.modules.dropout._DropoutNd):
        return float(module.p)
    if isinstance(module, nn.RNNBase):
        return float(module.dropout) if module.num_layers > 1 else 0.0
    if isinstance(module, nn.MultiheadAttention):
        return float(module.dropout)
    return 0.0


def layer_facts(module: nn.Module) -> dict[str, Any]:
    """Return the settings of a module that are plain values, e.g. `num_features`, `eps` and `momentum`."""
    facts: dict[str, Any] = {}
    for name, value in vars(module).items():
        if name.startswith("_") or name == "training":
            continue
        if value is None or isinstance(value, (bool, int, float, str)):
            facts[name] = value
        elif isinstance(value, tuple) and all(isinstance(part, (int, str)) for part in value):
            facts[name] = list(value)
    return facts


def _training(named: Sequence[tuple[str, nn.Module]]) -> tuple[str, ...]:
    return tuple([name for name, part in named if part.training][:_NAMED])


def _spread(parameters: Sequence[nn.Parameter]) -> Sequence[nn.Parameter]:
    if len(parameters) <= _SENTINELS:
        return parameters
    return [parameters[(len(parameters) - 1) * k // (_SENTINELS - 1)] for k in range(_SENTINELS)]
