"""What a rule reports: one mistake at one place that the user can edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from trainlint.edit import Edit


class Severity(str, Enum):
    """How much harm the mistake does when it is real."""

    ERROR = "error"  # training is silently wrong
    WARN = "warn"  # likely harm or waste
    INFO = "info"  # advice, shown only when asked for


class Confidence(str, Enum):
    """How sure trainlint is that the mistake is real."""

    HIGH = "high"  # every reading of the facts is wrong, or it was seen happening
    MEDIUM = "medium"  # rests on a convention that real code rarely breaks


def named(name: str, otherwise: str) -> str:
    """Return the user's own name as code; the words for it where the source gives none."""
    return f"`{name}`" if name else otherwise


@dataclass(frozen=True, slots=True)
class Place:
    """A node of a source file, by the order in which lowering met it; it gets its `Location` only when it is shown."""

    file: str
    ordinal: int


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A span of a file. Rows and columns count from 1; the end column is exclusive; a run may know the row only."""

    file: str
    row: int
    column: int = 1
    end_row: int = 0
    end_column: int = 0


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that the message speaks of, with what there is to see."""

    location: Place | Location
    message: str


@dataclass(frozen=True, slots=True)
class Fix:
    """The way out, in one line.

    `safe`: afterwards the code does what it evidently meant and nothing else changes. Otherwise checkpoints,
    numerics or judgement are involved. `edits` make it in the source, one after the other, so the last place in the
    file comes first; without any, it is advice.
    """

    title: str
    safe: bool = False
    edits: tuple[Edit, ...] = ()


Evidence = Mapping[str, "str | int | float | bool | None"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake. `evidence` holds the numbers and facts that prove it, JSON-ready."""

    code: str
    name: str
    severity: Severity
    message: str
    location: Place | Location
    related: tuple[Related, ...] = ()
    evidence: Evidence = field(default_factory=dict)
    confidence: Confidence = Confidence.HIGH
    fix: Fix | None = None
