"""Steps whose numbers are still on their way from the device."""

from __future__ import annotations

import math
from array import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import torch

from trainlint.watch.gradients import total
from trainlint.watch.readings import Reading
from trainlint.watch.store import Row

# Numbers are asked for together: one message from the device serves several steps.
_STEPS, _SCALARS, _SECONDS = 16, 4096, 0.25
# Per-parameter norms are kept at each step until there are so many (20 MB), then at every 2nd, 4th, … step.
_NORMS_KEPT = 5_000_000


@dataclass(slots=True)
class Norms:
    """Gradient norms on their device, without the loss scale, before and after clipping."""

    layout: int
    before: list[torch.Tensor] | None
    after: list[torch.Tensor]


@dataclass(slots=True)
class Step:
    """One optimizer step. Numbers that lie on the device are tensors, which nothing may change any more."""

    number: int
    optimizer: int
    ended: float
    times: tuple[float | None, ...]
    backwards: int
    losses: list[float | torch.Tensor] | None
    rates: list[float | torch.Tensor]
    scale: torch.Tensor | None
    norms: Norms | None
    skipped: bool | torch.Tensor


class Flight:
    """Asks for the numbers of several steps at once, and writes the steps when the numbers have arrived."""

    def __init__(self, put: Callable[[str, Row], None]) -> None:
        self._put = put
        self._boarding: list[Step] = []
        self._scalars: list[torch.Tensor] = []
        self._departed = 0.0
        self._flying: deque[tuple[list[Step], Reading]] = deque()
        self._stride, self._kept = 1, 0

    def add(self, step: Step) -> None:
        """Add a step; write those before it whose numbers are there."""
        scalars, norms = self._scalars, step.norms
        for number in (*(step.losses or ()), *step.rates, step.scale):
            if isinstance(number, torch.Tensor):
                scalars.append(number)
        if norms is not None:
            scalars += norms.after if norms.before is None else norms.before + norms.after
        if isinstance(step.skipped, torch.Tensor):
            scalars.append(step.skipped)
        self._boarding.append(step)
        if len(self._boarding) >= _STEPS or len(scalars) >= _SCALARS or step.ended - self._departed > _SECONDS:
            self._departed = step.ended
            self._depart()
            self._land(wait=False)

    def finish(self) -> None:
        """Write all steps; the only time that anything waits for a device."""
        if self._boarding:
            self._depart()
        self._land(wait=True)

    def _depart(self) -> None:
        self._flying.append((self._boarding, Reading(self._scalars)))
        self._boarding, self._scalars = [], []

    def _land(self, *, wait: bool) -> None:
        while self._flying and (wait or self._flying[0][1].ready()):
            steps, reading = self._flying.popleft()
            numbers = reading.values()
            at = 0
            for step in steps:
                at = self._write(step, numbers, at)

    def _write(self, step: Step, numbers: list[float], at: int) -> int:
        loss = None
        for part in step.losses or ():
            at, value = (at + 1, numbers[at]) if isinstance(part, torch.Tensor) else (at, part)
            loss = value if loss is None else loss + value
        rates = array("d")
        for rate in step.rates:
            at, value = (at + 1, numbers[at]) if isinstance(rate, torch.Tensor) else (at, rate)
            rates.append(value)
        scale = None
        if step.scale is not None:
            at, scale = at + 1, numbers[at]
        norms, before, after = step.norms, None, None
        if norms is not None:
            count = len(norms.after)
            if norms.before is not None:
                at, before = at + count, numbers[at : at + count]
            at, after = at + count, numbers[at : at + count]
        skipped = step.skipped
        if isinstance(skipped, torch.Tensor):
            at, skipped = at + 1, numbers[at] > 0
        norm_after = None if after is None else total(after)
        norm_before = norm_after if before is None else total(before)
        layout = blob_before = blob_after = None
        if norms is not None and after is not None and step.number % self._stride == 0:
            layout, blob_after = norms.layout, array("f", after).tobytes()
            blob_before = None if before is None else array("f", before).tobytes()
            self._kept += len(after)
            if self._kept > _NORMS_KEPT:
                self._stride, self._kept = self._stride * 2, 0
        row = (
            step.number,
            step.optimizer,
            *step.times,
            step.backwards,
            _number(loss),
            rates.tobytes(),
            _number(norm_before),
            _number(norm_after),
            before is not None,
            scale,
            skipped,
            layout,
            blob_before,
            blob_after,
        )
        self._put("step", row)
        return at


def _number(value: float | None) -> float | str | None:
    """Return a number as SQLite keeps it; NaN would become NULL, which means not measured."""
    return "nan" if value is not None and math.isnan(value) else value
