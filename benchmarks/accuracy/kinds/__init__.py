"""The kinds of bugs, by topic."""

from __future__ import annotations

from benchmarks.accuracy.kinds import (
    autograd,
    calls,
    clearing,
    data,
    gradients,
    loss,
    model,
    modes,
    optimizer,
    precision,
    schedule,
)
from benchmarks.accuracy.seeding import Kind

ALL_KINDS: tuple[Kind, ...] = tuple(
    sorted(
        (
            *(*modes.KINDS, *autograd.KINDS, *calls.KINDS, *model.KINDS, *precision.KINDS),
            *(*clearing.KINDS, *gradients.KINDS, *schedule.KINDS, *optimizer.KINDS, *loss.KINDS, *data.KINDS),
        ),
        key=lambda kind: kind.codes[0],
    )
)
