"""The kinds of bugs, by topic."""

from __future__ import annotations

from benchmarks.accuracy.kinds import gradients
from benchmarks.accuracy.seeding import Kind

ALL_KINDS: tuple[Kind, ...] = (*gradients.KINDS,)
