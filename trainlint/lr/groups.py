"""The learning rates of an optimizer's parameter groups."""

from __future__ import annotations

import torch
from torch.optim import Optimizer


class RateSetter:
    """Sets the rate of the group that has the highest; the others keep their proportion to it.

    The proportions are those before a schedule began, where the optimizer has one: a warmup may start at 0.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self._groups = optimizer.param_groups
        firsts = [float(group.get("initial_lr", group["lr"])) for group in self._groups]
        highest = max(firsts)
        self._shares = [first / highest if highest > 0 else 1.0 for first in firsts]

    def set(self, rate: float) -> None:
        """Set the rate of each group."""
        for group, share in zip(self._groups, self._shares, strict=True):
            if isinstance(group["lr"], torch.Tensor):
                group["lr"].fill_(rate * share)  # a compiled step holds on to the tensor
            else:
                group["lr"] = rate * share


def rates_of(optimizer: Optimizer) -> tuple[float, ...]:
    """Return the rate of each group."""
    return tuple(float(group["lr"]) for group in optimizer.param_groups)
