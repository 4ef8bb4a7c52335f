"""The objects that operations concern: a small number for each, and the user's own name."""

from __future__ import annotations

import json
import re
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trainlint.operations import Role, Subject
from trainlint.watch.store import Row

# A name, an attribute or an item: `model`, `self.net`, `models["student"]`; not the call that makes it.
_NAME = re.compile(r"""[A-Za-z_][\w.]*(\[[\w'".-]+\][\w.]*)*""")


@dataclass(slots=True)
class _Entry:
    role: Role
    kind: str
    name: str | None
    first_step: int
    facts: Mapping[str, Any]


class Subjects:
    """Numbers objects by identity, in the order in which they are met, without keeping them alive."""

    def __init__(self, put: Callable[[str, Row], None]) -> None:
        self._put = put
        self._entries: list[_Entry] = []
        self._known: dict[int, tuple[weakref.ref[Any], int]] = {}

    def find(self, thing: object) -> int | None:
        """Return the number of an object that was met before."""
        known = self._known.get(id(thing))
        return known[1] if known is not None and known[0]() is thing else None

    def add(
        self,
        thing: object,
        role: Role,
        written: str | None,
        step: int,
        facts: Mapping[str, Any] | None = None,
    ) -> int:
        """Number an object; without the user's name for it, its class must do until `name`."""
        number = len(self._entries)
        self._entries.append(_Entry(role, type(thing).__name__, _as_name(written), step, facts or {}))
        self._known[id(thing)] = (weakref.ref(thing), number)
        self._write(number)
        return number

    def name(self, number: int, written: str | None) -> bool:
        """Give the user's name to an object that was met where it had none; tell whether it has one."""
        entry = self._entries[number]
        if entry.name is None and (name := _as_name(written)) is not None:
            entry.name = name
            self._write(number)
        return entry.name is not None

    def describe(self, number: int, facts: Mapping[str, Any]) -> None:
        """Replace the facts kept about an object."""
        self._entries[number].facts = facts
        self._write(number)

    def subject(self, number: int) -> Subject:
        """Return an object as an operation names it."""
        entry = self._entries[number]
        return Subject(entry.role, number, entry.name or entry.kind)

    def _write(self, number: int) -> None:
        entry = self._entries[number]
        row = (number, entry.role.value, entry.name or entry.kind, entry.kind, entry.first_step)
        self._put("subject", (*row, json.dumps(entry.facts)))


def _as_name(written: str | None) -> str | None:
    return written if written is not None and _NAME.fullmatch(written) else None
