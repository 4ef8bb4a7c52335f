"""The parts of a run: models and what trains them, steps, forwards, batches, batch norm layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trainlint.finding import Location
from trainlint.operations import Subject


@dataclass(frozen=True, slots=True)
class Layer:
    """A module of a watched model. `facts` holds its settings, JSON-ready, e.g. `p` of a dropout."""

    model: Subject
    path: str
    type: str
    parameters: int
    trainable: int
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Thing:
    """An object that the run found: its class, and facts of it, JSON-ready (for an optimizer its groups)."""

    subject: Subject
    type: str
    first_step: int
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Steps:
    """One entry an optimizer step in each column; `None` is not measured.

    `loss`: the sum of what was given to the backward calls since the step before, without the loss scale.
    `norm_before`, `norm_after`: total gradient norm before and after clipping, without the loss scale.
    Times are seconds on the host's clock: `time_s` since the run began, `wall_s` since the step before ended.
    """

    step: list[int]
    optimizer: list[Subject]
    time_s: list[float]
    wall_s: list[float | None]
    data_s: list[float | None]
    forward_s: list[float | None]
    backward_s: list[float | None]
    optimizer_s: list[float | None]
    backwards: list[int]
    loss: list[float | None]
    rates: list[tuple[float, ...]]
    norm_before: list[float | None]
    norm_after: list[float | None]
    clipped: list[bool]
    loss_scale: list[float | None]
    skipped: list[bool]

    def __len__(self) -> int:
        return len(self.step)

    def clip_factors(self) -> list[float | None]:
        """Return what clipping multiplied the total gradient norm by; `None` where nothing was clipped."""
        return [
            after / before if clipped and before and after is not None else None
            for clipped, before, after in zip(self.clipped, self.norm_before, self.norm_after, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers that the user gave to `run.log` under one name, each after so many optimizer steps.

    `time_s`: seconds since the run began.
    """

    step: list[int]
    time_s: list[float]
    value: list[float]


@dataclass(frozen=True, slots=True)
class Feed:
    """A place where batches are taken from a loader: `location` is the line of the `for` or the `next`.

    `batches_trained`: batches that a backward (or `torch.autograd.grad`) followed; `longest_untrained`: most
    batches in a row without one.
    """

    loader: Subject
    location: Location
    call: str
    batches: int
    batches_trained: int
    longest_untrained: int

    @property
    def evaluates(self) -> bool:
        """Tell whether several batches in a row came from here and none was ever trained on."""
        return self.batches_trained == 0 and self.longest_untrained >= 2


@dataclass(frozen=True, slots=True)
class Forward:
    """The forward calls of a model at one place, in one mode, on batches from one feed.

    `with_graph`: calls whose output could be differentiated; `trained`: calls that a backward followed before
    the next batch; `longest_untrained`: most calls in a row without a backward between them;
    `statistics_moved`: of `statistics_checked` calls, those that moved running statistics; `dropout` and
    `norms`: a few of the modules that were in training mode.
    """

    model: Subject
    location: Location
    call: str
    training: bool
    grad: bool
    feed: Feed | None
    count: int
    first_step: int
    with_graph: int
    trained: int
    longest_untrained: int
    statistics_checked: int
    statistics_moved: int
    dropout: tuple[str, ...]
    norms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NormLayer:
    """The batches that a batch norm layer took statistics of: `sizes` counts (N, values per channel)."""

    model: Subject
    path: str
    type: str
    synchronised: bool
    location: Location
    call: str
    feed: Feed | None
    sizes: Mapping[tuple[int, int], int]

    @property
    def samples(self) -> int:
        """Count the forwards that were measured."""
        return sum(self.sizes.values())

    @property
    def typical_batch(self) -> int:
        """Return the median N, so that a smaller last batch does not count."""
        ordered = sorted(n for (n, _), count in self.sizes.items() for _ in range(count))
        return ordered[len(ordered) // 2]

    @property
    def typical_values(self) -> int:
        """Return the median number of values per channel."""
        ordered = sorted(values for (_, values), count in self.sizes.items() for _ in range(count))
        return ordered[len(ordered) // 2]
