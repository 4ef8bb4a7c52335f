"""Forwards that were followed, and what following them told."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import field

from trainlint.frozen import dataclass
from trainlint.program.tensors import Tensor
from trainlint.program.twins import Patterns
from trainlint.program.values import Object, Value


@dataclass(eq=False, slots=True)
class Looked:
    """Attributes that a forward reads of a module and its `parts`, by their numbers: but to call them, and at all."""

    parts: tuple[Object, ...]
    looked_at: set[tuple[int, str]] = field(default_factory=set)
    used: set[tuple[int, str]] = field(default_factory=set)


@dataclass(frozen=True, eq=False, slots=True)
class Past:
    """A forward inside another that was followed: what it was given, what it gave, and what was noted on the way.

    `start … end` are its applications of layers, and `reads` how often the output of each of them was read, by number;
    `read` and `written` tell of each input how often it was read, and whether it was overwritten. `block` is the one
    around it; what is numbered `since` or more came into being inside. `calls` are numbers from and to which calls
    happened in it.
    """

    looked: Looked
    asked: frozenset[str]  # the tests on the way to it, as written
    inputs: tuple[Tensor, ...]
    result: Value
    start: int
    end: int
    reads: Mapping[int, int]
    read: tuple[int, ...]
    written: tuple[bool, ...]
    block: int
    since: int
    calls: tuple[tuple[int, int], ...]


@dataclass(eq=False, slots=True)
class Traces:
    """What was followed so far: modules that stand alone, by their patterns, and modules inside others."""

    patterns: Patterns
    alone: dict[int, Looked] = field(default_factory=dict)
    inside: dict[Hashable, Past] = field(default_factory=dict)
