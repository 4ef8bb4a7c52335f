"""Numbers on their way from the device: asked for without waiting, read when they have arrived."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch


class Reading:
    """Scalars of any device, as floats later; nothing waits for a device but `values` before `ready`."""

    __slots__ = ("_events", "_parts", "_positions")

    def __init__(self, scalars: list[torch.Tensor]) -> None:
        """Gather scalars; each device sends one message into pinned memory."""
        self._parts: list[torch.Tensor | list[float]] = []
        self._positions: list[Sequence[int]] = []
        self._events: list[Any] = []
        if not scalars:
            return
        try:
            self._send(scalars, range(len(scalars)))
        except RuntimeError:  # not all on one device
            devices: dict[torch.device, list[int]] = {}
            for position, scalar in enumerate(scalars):
                devices.setdefault(scalar.device, []).append(position)
            for positions in devices.values():
                self._send([scalars[position] for position in positions], positions)

    def ready(self) -> bool:
        """Tell whether all numbers have arrived, without waiting for them."""
        return all(event.query() for event in self._events)

    def values(self) -> list[float]:
        """Return the numbers in the order in which the scalars were given, once they are ready."""
        for event in self._events:
            event.synchronize()
        if len(self._parts) == 1:
            part = self._parts[0]
            return part if isinstance(part, list) else part.tolist()
        ordered: dict[int, float] = {}
        for part, positions in zip(self._parts, self._positions, strict=True):
            numbers = part if isinstance(part, list) else part.tolist()
            ordered.update(zip(positions, numbers, strict=True))
        return [ordered[position] for position in range(len(ordered))]

    def _send(self, scalars: list[torch.Tensor], positions: Sequence[int]) -> None:
        gathered = torch.stack(scalars)
        self._positions.append(positions)
        device = gathered.device
        events = _events_of(device.type)
        if events is None:
            self._parts.append(gathered.tolist())
            return
        arrived = torch.empty(gathered.shape, dtype=gathered.dtype, pin_memory=device.type == "cuda")
        arrived.copy_(gathered, non_blocking=True)
        self._parts.append(arrived)
        event = events.Event()
        event.record(*([events.current_stream(device)] if hasattr(events, "current_stream") else []))
        self._events.append(event)


def _events_of(kind: str) -> Any:
    """Return the module with the events of a kind of device; the CPU has no queue and none."""
    if kind == "mps":
        return torch.mps.event
    module = getattr(torch, kind, None)
    return module if kind != "cpu" and hasattr(module, "Event") else None


def number_of(tensor: torch.Tensor) -> float | torch.Tensor:
    """Return the value that a tensor has now: at once on the CPU, else as a copy that stays on the device."""
    if tensor.is_cpu:
        return float(tensor.item())
    return tensor.detach().reshape(()).clone()
