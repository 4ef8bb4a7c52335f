"""`trainlint.find_lr`: a learning-rate range test that leaves everything as it was."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from itertools import islice
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy
from torch.optim import Optimizer

from trainlint.errors import UsageError
from trainlint.lr.batches import BatchLoss, Loss, checked, cycle, device_of, loss_by_form, moved
from trainlint.lr.groups import RateSetter
from trainlint.lr.randomness import global_random_state
from trainlint.lr.range_test import RangeTest
from trainlint.lr.snapshot import Snapshot
from trainlint.lr.suggest import suggest

if TYPE_CHECKING:
    from torch.amp import GradScaler

# A loss scale of 2**24, the highest in use, is halved down to 1 by as many steps that are skipped.
_SKIPS = 24
_FEWEST = 10  # rates: with fewer there is no curve


def find_lr(
    model: nn.Module,
    optimizer: Optimizer,
    loss_fn: Loss | None,
    loader: Iterable[Any],
    *,
    start_lr: float = 1e-7,
    end_lr: float = 10.0,
    steps: int = 100,
    accumulate: int = 1,
    autocast: torch.dtype | None = None,
    scaler: GradScaler | None = None,
    max_norm: float | None = None,
    diverge: float = 4.0,
    batch_loss: BatchLoss | None = None,
) -> RangeTest:
    """Find a learning rate: train `steps` optimizer steps at rates that grow from `start_lr` to `end_lr`.

    The rate grows by the same factor from step to step, as in the range test of Smith (2017), section 3.3, but on a
    logarithmic axis. It ends early when the loss diverges: when the median of its last three values exceeds the
    lowest such median by `diverge - 1` times the loss at the start, or what it fell by if that is more; a positive
    loss that never fell diverges at `diverge` times its start.

    Afterwards, also after an exception, model, optimizer, scaler, loader and random state are bit for bit what they
    were. A dataset's own attributes and generators are put back, what it changes elsewhere is not.

    Args:
        model: Trained as it is: layers that are in eval mode stay so, unless the model itself is in eval mode.
        optimizer: Steps as it would in training. Its groups keep their proportions.
        loss_fn: Called with outputs and targets; for a batch that is a dict, with outputs and batch. `None` where the
            model returns its loss.
        loader: Gives batches, as often as it is iterated: `(inputs, targets)`, or a dict for `model(**batch)`.
        start_lr: The first rate, of the group with the highest one.
        end_lr: The last rate.
        steps: Optimizer steps, each with its rate.
        accumulate: Micro-batches of each step; their mean is its loss.
        autocast: The dtype of the forward, such as `torch.bfloat16`; `None` for full precision.
        scaler: Scales the loss, as in training. A step that it skips is repeated at the same rate.
        max_norm: Clip gradients to this norm, as in training.
        diverge: How far the loss may rise.
        batch_loss: Computes the loss of a batch in any other way; `loss_fn` is not used then.

    Raises:
        UsageError: the arguments do not fit each other, or the batches do not fit `loss_fn`.
    """
    _check(model, optimizer, loader, start_lr, end_lr, steps, accumulate)
    trainer = _Trainer(model, optimizer, scaler, autocast, max_norm)
    kept = Snapshot(model, optimizer, scaler, loss_fn, batch_loss, loader)
    undo_randomness = global_random_state({parameter.device.type for parameter in model.parameters()})
    try:
        trainer.begin(loader)
        measure = batch_loss or loss_by_form(model, loss_fn)
        rates = [start_lr * (end_lr / start_lr) ** (step / (steps - 1)) for step in range(steps)]
        tried, losses, stopped = _sweep(trainer, measure, loader, rates, accumulate, diverge)
    finally:
        kept.restore()
        for undo in undo_randomness:
            undo()
    if len(losses) < 3:
        raise UsageError(f"the range test ended after {len(losses)} of {steps} rates: {stopped}; lower `start_lr`")
    found = suggest(tried, losses)
    return RangeTest(tuple(tried), tuple(losses), found.smoothed, found.steepest, found.valley, found.reasons, stopped)


class _Trainer:
    """Takes optimizer steps at given rates."""

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        scaler: GradScaler | None,
        autocast: torch.dtype | None,
        max_norm: float | None,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.scaler = scaler
        self.rates = RateSetter(optimizer)
        self.device = device_of(model)
        self._autocast = autocast
        self._max_norm = max_norm
        self._parameters = {id(p): p for group in optimizer.param_groups for p in group["params"]}
        self._parameters |= {id(p): p for p in model.parameters()}

    def begin(self, loader: Iterable[Any]) -> None:
        """Make ready for training."""
        if not self.model.training:
            self.model.train()
        if getattr(loader, "_iterator", None) is not None:  # workers that live on; the test has its own
            loader._iterator = None  # type: ignore[attr-defined]  # noqa: SLF001

    def gradients(self, measure: BatchLoss, batches: Iterator[Any], count: int) -> float:
        """Compute gradients anew; return the mean loss of so many batches."""
        for parameter in self._parameters.values():
            parameter.grad = None
        total: torch.Tensor | float = 0.0
        for batch in islice(batches, count):
            with self._precision():
                loss = checked(measure(moved(batch, self.device)))
            share = loss / count
            (share if self.scaler is None else self.scaler.scale(share)).backward()
            total = total + loss.detach().to(torch.promote_types(loss.dtype, torch.float32)).reshape(())
        return float(total) / count

    def step(self) -> bool:
        """Take the step; tell whether it was taken, which a loss scaler may decline."""
        if self.scaler is not None and self._max_norm is not None:
            self.scaler.unscale_(self.optimizer)
        if self._max_norm is not None:
            nn.utils.clip_grad_norm_(self._parameters.values(), self._max_norm)
        if self.scaler is None:
            self.optimizer.step()
            return True
        scale = self.scaler.get_scale()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return self.scaler.get_scale() >= scale

    def _precision(self) -> AbstractContextManager[object]:
        if self._autocast is None:
            return nullcontext()
        return torch.autocast(self.device.type if self.device else "cuda", dtype=self._autocast)


def _sweep(
    trainer: _Trainer,
    measure: BatchLoss,
    loader: Iterable[Any],
    rates: Sequence[float],
    accumulate: int,
    diverge: float,
) -> tuple[list[float], list[float], str]:
    """Return the rates tried, the loss at each, and why it ended."""
    losses: list[float] = []
    with torch.enable_grad(), closing(cycle(loader)) as batches:
        for rate in rates:
            trainer.rates.set(rate)
            for _ in range(_SKIPS):
                loss = trainer.gradients(measure, batches, accumulate)
                if not math.isfinite(loss):
                    return list(rates[: len(losses)]), losses, f"the loss was {loss} at a rate of {rate:.3g}"
                if trainer.step():
                    break
            else:
                ended = f"gradients were not finite at a rate of {rate:.3g}, at any loss scale"
                return list(rates[: len(losses)]), losses, ended
            losses.append(loss)
            if diverges(losses, diverge):
                return list(rates[: len(losses)]), losses, f"the loss diverged at a rate of {rate:.3g}"
    return list(rates), losses, f"the last rate, {rates[-1]:.3g}, was reached"


def diverges(losses: Sequence[float], factor: float) -> bool:
    """Tell whether the last losses lie far above the lowest ones, in terms of the loss at the start."""
    if len(losses) < 3:
        return False
    medians = [median(losses[place - 2 : place + 1]) for place in range(2, len(losses))]
    start, best = fmean(losses[:3]), min(medians)
    return medians[-1] > best + (factor - 1) * max(abs(start), start - best)


def _check(
    model: nn.Module,
    optimizer: Optimizer,
    loader: Iterable[Any],
    start_lr: float,
    end_lr: float,
    steps: int,
    accumulate: int,
) -> None:
    if not 0 < start_lr < end_lr < math.inf:
        raise UsageError(f"start_lr={start_lr} and end_lr={end_lr}: expected 0 < start_lr < end_lr")
    if steps < _FEWEST or accumulate < 1:
        raise UsageError(f"steps={steps} and accumulate={accumulate}: expected at least {_FEWEST} and 1")
    if isinstance(loader, Iterator):
        raise UsageError("the loader is an iterator, which cannot be put back: pass what it was made from")
    closure = inspect.signature(optimizer.step).parameters.get("closure")
    if closure is not None and closure.default is inspect.Parameter.empty:
        raise UsageError(f"{type(optimizer).__name__} computes gradients itself, through a closure: find_lr cannot")
    if any(map(is_lazy, (*model.parameters(), *model.buffers()))):
        raise UsageError("the model has lazy layers without shapes yet: run one batch through it first")
    spread = torch.distributed.is_available() and torch.distributed.is_initialized()
    if spread and torch.distributed.get_world_size() > 1:
        raise UsageError("find_lr measures in one process: call it before the process group is made")
