"""Which gradients carry which loss scale."""

from __future__ import annotations

import weakref
from collections.abc import Iterable

import torch

from trainlint.watch.recorder import Stepper


class Scaling:
    """Follows the loss scale from `scaler.scale` through backward to the step."""

    def __init__(self) -> None:
        self._outputs: list[tuple[weakref.ref[torch.Tensor], float | torch.Tensor | None]] = []
        self._unscaled: set[int] = set()
        self._unscaled_models: set[int] = set()
        self._in_gradients = False
        self.scale: torch.Tensor | None = None
        self.scaler: int | None = None

    def scaled(
        self,
        scaler: int,
        scale: torch.Tensor | None,
        output: torch.Tensor,
        loss: float | torch.Tensor | None,
    ) -> None:
        """Remember a loss that was multiplied: `loss` is its value before."""
        self.scaler, self.scale = scaler, scale
        self._outputs.append((weakref.ref(output), loss))
        del self._outputs[:-16]

    def backward(self, tensors: tuple[torch.Tensor, ...]) -> tuple[bool | None, float | torch.Tensor | None]:
        """Tell whether a backward starts from a scaled loss (`None`: not known), and its plain value.

        A loss computed from a scaled one is not recognised, so a loss is only sure to be plain when nothing
        was scaled since the last update.
        """
        for tensor in tensors:
            for reference, loss in self._outputs:
                if reference() is tensor:
                    self._in_gradients = True
                    return True, loss if len(tensors) == 1 else None
        return (None if self._outputs else False), None

    def unscaled(self, stepper: Stepper) -> None:
        """Note that an optimizer's gradients no longer carry the scale."""
        self._unscaled.add(stepper.number)
        self._unscaled_models.update(stepper.model_numbers)

    def updated(self) -> None:
        """Begin anew: the scale was updated, and gradients are cleared before the next backward."""
        self._unscaled.clear()
        self._unscaled_models.clear()
        self._outputs.clear()
        self._in_gradients = False

    def left_in(self, stepper: Stepper) -> torch.Tensor | None:
        """Return the scale that an optimizer's gradients still carry."""
        return self.scale if self._in_gradients and stepper.number not in self._unscaled else None

    def left_in_models(self, models: Iterable[int]) -> torch.Tensor | None:
        """Return the scale that the gradients of all these models still carry."""
        return self.scale if self._in_gradients and self._unscaled_models.isdisjoint(models) else None
