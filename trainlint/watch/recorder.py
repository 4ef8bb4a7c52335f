"""Joins what the probes measure into one record an optimizer step."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch.nn.parameter import is_lazy

from trainlint.watch import gradients
from trainlint.watch.flight import Flight, Norms, Step
from trainlint.watch.journal import Journal
from trainlint.watch.store import Row
from trainlint.watch.watched import Watched


@dataclass(slots=True)
class Window:
    """What was measured since the last optimizer step; times in seconds, `None` where nothing was."""

    data_s: float | None = None
    forward_s: float | None = None
    backward_s: float | None = None
    backwards: int = 0
    losses: list[float | torch.Tensor | None] = field(default_factory=list)
    loss_scale: torch.Tensor | None = None
    stepped: bool = False


@dataclass(slots=True)
class Stepper:
    """An optimizer: its number, the models it trains, its parameters and their numbers."""

    number: int
    models: list[Watched]
    model_numbers: frozenset[int]
    parameters: list[torch.Tensor]
    numbers: list[int]
    layout: int
    named: bool


class Recorder:
    """Keeps the window of the step in progress, and the steps whose numbers have not arrived."""

    def __init__(
        self,
        put: Callable[[str, Row], None],
        journal: Journal,
        clock: Callable[[], float],
    ) -> None:
        self.step = 0
        self.window = Window()
        self.clock = clock
        self.clipped: dict[int, torch.Tensor] = {}  # norms before clipping, by the id of the parameter
        self._journal = journal
        self._put = put
        self._started = clock()
        self._ended: float | None = None
        self._batch_data_s: float | None = None
        self._batch_forward_s: float | None = None
        self._flight = Flight(put)
        self._layouts: dict[tuple[int, ...], int] = {}
        self._parameters: dict[int, int] = {}

    def elapsed(self) -> float:
        """Return the seconds since the watch began."""
        return self.clock() - self._started

    def fetched(self, seconds: float, *, first: bool) -> None:
        """Add the wait for a batch; `first` of those that go into a forward together."""
        if first:
            self._batch_data_s = self._batch_forward_s = None
        self._batch_data_s = (self._batch_data_s or 0.0) + seconds

    def forwarded(self, seconds: float) -> None:
        """Add a forward. It counts, as does the wait for its batch, once a backward follows."""
        self._batch_forward_s = (self._batch_forward_s or 0.0) + seconds

    def open_window(self) -> Window:
        """Return the window that a new backward belongs to."""
        if self.window.stepped:
            self.window = Window()
            self.clipped.clear()
        return self.window

    def trained(self, seconds: float, loss: float | torch.Tensor | None) -> None:
        """Add a backward and the batch that led to it."""
        window = self.open_window()
        window.backwards += 1
        window.losses.append(loss)
        window.backward_s = (window.backward_s or 0.0) + seconds
        if self._batch_data_s is not None:
            window.data_s = (window.data_s or 0.0) + self._batch_data_s
        if self._batch_forward_s is not None:
            window.forward_s = (window.forward_s or 0.0) + self._batch_forward_s
        self._batch_data_s = self._batch_forward_s = None

    def measure(self, stepper: Stepper, scale: torch.Tensor | None) -> Norms | None:
        """Take the norm of the gradients that an optimizer uses; `scale` is the loss scale still in them."""
        parameters, layout = stepper.parameters, stepper.layout
        present = [gradient for parameter in parameters if (gradient := parameter.grad) is not None]
        if not present:
            return None
        if len(present) != len(parameters):
            pairs = [(n, p) for n, p in zip(stepper.numbers, parameters, strict=True) if p.grad is not None]
            layout, parameters = self.layout([n for n, _ in pairs]), [p for _, p in pairs]
        after = gradients.norms(present, scale)
        before = None
        if self.clipped:
            clipped = self.clipped
            before = [clipped.pop(id(p), norm) for p, norm in zip(parameters, after, strict=True)]
        return Norms(layout, before, after)

    def number(self, parameter: torch.Tensor, model: int | None, name: str, *, anew: bool = False) -> int:
        """Return the number of a parameter, and write down its name when it is new, or `anew`."""
        number = self._parameters.get(id(parameter))
        if number is None:
            number = self._parameters[id(parameter)] = len(self._parameters)
            anew = True
        if anew:
            shape = None if is_lazy(parameter) else list(parameter.shape)
            self._put("parameter", (number, model, name, json.dumps(shape)))
        return number

    def layout(self, numbers: Sequence[int]) -> int:
        """Return the number of a list of parameters, to which the norms of a step belong."""
        key = tuple(numbers)
        layout = self._layouts.get(key)
        if layout is None:
            layout = self._layouts[key] = len(self._layouts)
            self._put("layout", (layout, json.dumps(key)))
        return layout

    def close(
        self,
        stepper: Stepper,
        rates: list[float | torch.Tensor],
        seconds: float | None,
        norms: Norms | None,
        skipped: bool | torch.Tensor,
    ) -> None:
        """Close the record of one optimizer step."""
        window, now = self.window, self.clock()
        losses = [loss for loss in window.losses if loss is not None]
        step = Step(
            self.step,
            stepper.number,
            now,
            (
                now - self._started,
                None if self._ended is None else now - self._ended,
                window.data_s,
                window.forward_s,
                window.backward_s,
                seconds,
            ),
            window.backwards,
            losses if len(losses) == len(window.losses) else None,
            rates,
            window.loss_scale,
            norms,
            skipped,
        )
        self._ended = now
        self._flight.add(step)
        self._journal.close(self.step)
        self.step += 1
        window.stepped = True

    def finish(self) -> None:
        """Write the steps whose numbers have not arrived."""
        self._flight.finish()
