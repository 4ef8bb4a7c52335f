"""Dataclasses that are cheap to make: what they share with the standard ones."""

from __future__ import annotations

import dataclasses
import pickle
from dataclasses import field

import pytest

from trainlint.frozen import dataclass, replace


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 0
    note: str = field(default="", compare=False)
    exact: bool = field(default=True, kw_only=True)
    far: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "far", self.x + self.y > 10)


@dataclass(frozen=True, slots=True)
class Single:
    value: int


@dataclass(eq=False, slots=True)
class Cell:
    value: int


def test_they_compare_and_hash_by_content() -> None:
    assert Point(1, 2, "a") == Point(1, 2, "b")
    assert hash(Point(1, 2, "a")) == hash(Point(1, 2, "b"))
    assert Point(1, 2) != Point(1, 2, exact=False)


def test_those_without_equality_are_told_apart() -> None:
    assert Cell(1) != Cell(1)
    assert len({Cell(1), Cell(1)}) == 2


def test_they_have_no_other_attributes() -> None:
    with pytest.raises(AttributeError):
        Cell(1).other = 2  # type: ignore[attr-defined]


def test_they_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(Point(1, 2, "a", exact=False))) == Point(1, 2, exact=False)


def test_a_copy_is_what_the_standard_library_makes() -> None:
    point = Point(1, 2, "a", exact=False)
    for changes in ({}, {"x": 20}, {"note": "b"}, {"exact": True}, {"y": 9, "exact": True}):
        copied, expected = replace(point, **changes), dataclasses.replace(point, **changes)
        assert dataclasses.astuple(copied) == dataclasses.astuple(expected)
    assert replace(Single(1), value=2) == Single(2)
    assert point == Point(1, 2, exact=False)


def test_there_is_no_copy_with_a_field_that_is_none() -> None:
    with pytest.raises((TypeError, KeyError)):
        replace(Single(1), other=2)  # type: ignore[call-arg]
