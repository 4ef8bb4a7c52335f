"""Numbers of the user's own, given to `run.log`."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping

import torch

from trainlint.watch.readings import Reading, number_of
from trainlint.watch.recorder import Recorder
from trainlint.watch.store import Row

_ASKED_TOGETHER, _SECONDS = 64, 0.25

Entry = tuple[int, int, float, str]  # number, step, seconds since the run began, name


class Series:
    """Writes named numbers; what lies on a device is asked for later, several at once."""

    def __init__(self, put: Callable[[str, Row], None], recorder: Recorder) -> None:
        self._put = put
        self._recorder = recorder
        self._count = 0
        self._waiting: list[tuple[Entry, torch.Tensor]] = []
        self._departed = 0.0
        self._flying: deque[tuple[list[Entry], Reading]] = deque()

    def log(self, values: Mapping[str, object]) -> None:
        """Write numbers down, with the number of optimizer steps taken so far.

        Raises:
            TypeError: a value is no single number.
        """
        now = self._recorder.elapsed()
        for name, value in values.items():
            number = _single(name, value)
            entry = self._count, self._recorder.step, now, name
            self._count += 1
            if isinstance(number, torch.Tensor):
                self._waiting.append((entry, number))
            else:
                self._write(entry, number)
        if len(self._waiting) >= _ASKED_TOGETHER or (self._waiting and now - self._departed > _SECONDS):
            self._departed = now
            self._ask()
            self._land(wait=False)

    def finish(self) -> None:
        """Write what has not arrived; this waits for the device."""
        self._ask()
        self._land(wait=True)

    def _ask(self) -> None:
        if self._waiting:
            reading = Reading([number for _, number in self._waiting])
            self._flying.append(([entry for entry, _ in self._waiting], reading))
            self._waiting = []

    def _land(self, *, wait: bool) -> None:
        while self._flying and (wait or self._flying[0][1].ready()):
            entries, reading = self._flying.popleft()
            for entry, number in zip(entries, reading.values(), strict=True):
                self._write(entry, number)

    def _write(self, entry: Entry, number: float) -> None:
        # NaN would become NULL, which means not measured.
        self._put("series", (*entry, "nan" if math.isnan(number) else number))


def _single(name: str, value: object) -> float | torch.Tensor:
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        return number_of(value.detach())
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise TypeError(f"{name} is no single number: {type(value).__name__}") from None
