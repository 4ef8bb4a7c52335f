"""Batches as loaders give them: cycled, moved to the model's device, and turned into a loss."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any

import torch
from torch import nn

from trainlint.errors import UsageError

Loss = Callable[..., torch.Tensor]
BatchLoss = Callable[[Any], torch.Tensor]


def cycle(loader: Iterable[Any]) -> Generator[Any, None, None]:
    """Give the batches of a loader again and again.

    Raises:
        UsageError: the loader has no batch.
    """
    while True:
        empty = True
        for batch in loader:
            empty = False
            yield batch
        if empty:
            raise UsageError("the loader gave no batch: find_lr needs one at least")


def moved(batch: Any, device: torch.device | None) -> Any:
    """Return a batch on a device; `None` leaves it where it is."""
    if device is None:
        return batch
    if hasattr(batch, "to"):
        return batch.to(device)
    if isinstance(batch, Mapping):
        return {key: moved(part, device) for key, part in batch.items()}
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(moved(part, device) for part in batch))
    if isinstance(batch, (list, tuple)):
        return type(batch)(moved(part, device) for part in batch)
    return batch


def device_of(model: nn.Module) -> torch.device | None:
    """Return where all parameters of a model lie; `None` where that is not one place."""
    devices = {parameter.device for parameter in model.parameters()}
    return devices.pop() if len(devices) == 1 else None


def loss_by_form(model: nn.Module, loss_fn: Loss | None) -> BatchLoss:
    """Return what computes the loss of one batch, by the form that the batch has.

    Of `(inputs, …, targets)` the last part is the target. A mapping is passed to the model by name, and to `loss_fn`
    beside the outputs. Without `loss_fn` the model takes the whole batch, and its output is the loss or has one.
    """

    def loss(batch: Any) -> Any:
        if isinstance(batch, Mapping):
            outputs = model(**batch)
            return _loss_in(outputs) if loss_fn is None else loss_fn(outputs, batch)
        parts = batch if isinstance(batch, (list, tuple)) else (batch,)
        if loss_fn is None:
            return _loss_in(model(*parts))
        if len(parts) < 2:
            raise UsageError(
                f"the loader gave {_described(batch)}, expected (inputs, targets) or a dict: pass `batch_loss`, a "
                "function from a batch to its loss"
            )
        *inputs, targets = parts
        return loss_fn(model(*inputs), targets)

    return loss


def checked(loss: Any) -> torch.Tensor:
    """Return the loss if gradients can be computed from it.

    Raises:
        UsageError: it is not one number that depends on parameters.
    """
    if not isinstance(loss, torch.Tensor) or loss.numel() != 1:
        raise UsageError(f"the loss is {_described(loss)}, expected a tensor with one number: reduce it with `.mean()`")
    if not loss.requires_grad:
        raise UsageError("the loss does not depend on any parameter that is trained: is it detached, or all frozen?")
    return loss


def _loss_in(outputs: Any) -> Any:
    if isinstance(outputs, Mapping) and "loss" in outputs:
        return outputs["loss"]
    return getattr(outputs, "loss", outputs)


def _described(value: object) -> str:
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    return f"an object of type {type(value).__name__}"
