"""The order of operations, interned: a million steps stay small."""

from __future__ import annotations

import json
import linecache
from collections.abc import Callable, Sequence

from trainlint.operations import Kind, Operation
from trainlint.watch.callsite import Site, Sites
from trainlint.watch.store import Row
from trainlint.watch.subjects import Subjects

_LONGEST = 1024  # operations held back at most when no optimizer step comes, as in a long evaluation

Number = int | None
Flag = bool | None
Key = tuple[int, int, frozenset[int] | None, Number, Number, Number, Flag, Flag, Flag]
Pattern = tuple[tuple[int, int], ...]  # (operation, how many times in a row)


class Journal:
    """Writes down each operation; a step is then the number of a pattern that was seen before."""

    def __init__(
        self,
        put: Callable[[str, Row], None],
        sites: Sites,
        subjects: Subjects,
        follow: Callable[[int, int], None],
    ) -> None:
        """`follow` is given a step and the pattern that led to it."""
        self._put = put
        self._sites = sites
        self._subjects = subjects
        self._follow = follow
        self._operations: dict[Key, int] = {}
        self._operation_parts: list[tuple[Kind, Key]] = []
        self._patterns: dict[tuple[int, ...], int] = {}
        self._contents: list[Pattern] = []
        self._waiting: list[int] = []
        self._written_sites = 0
        self._files: set[str] = set()
        self._stretches = 0
        self._last: tuple[int, int, int] | None = None  # step, pattern, repeats

    def note(
        self,
        kind: Kind,
        site: Site,
        models: frozenset[int] | None,
        optimizer: Number = None,
        scheduler: Number = None,
        scaler: Number = None,
        scaled: Flag = None,
        training: Flag = None,
        grad: Flag = None,
    ) -> None:
        """Write down one operation, with the numbers of the objects that it concerns."""
        # An enumeration's own hash is a Python function; its members live as long as the program.
        key: Key = (id(kind), site.ident, models, optimizer, scheduler, scaler, scaled, training, grad)
        number = self._operations.get(key)
        if number is None:
            number = self._operations[key] = len(self._operation_parts)
            self._operation_parts.append((kind, key))
            row = (None if models is None else json.dumps(sorted(models)), *key[3:])
            self._put("operation", (number, kind.value, site.ident, *row))
        self._waiting.append(number)

    def overflows(self) -> bool:
        """Tell whether so many operations wait for a step that they had better be closed without one."""
        return len(self._waiting) >= _LONGEST

    def close(self, step: int) -> None:
        """Close the pattern of the operations that led to `step`."""
        if not self._waiting:
            return
        waiting = tuple(self._waiting)
        self._waiting.clear()
        number = self._patterns.get(waiting)
        if number is None:
            number = self._patterns[waiting] = len(self._contents)
            self._contents.append(_runs(waiting))
            self._put("pattern", (number, json.dumps(self._contents[number])))
        last = self._last
        if last is not None and last[1] == number and last[0] + last[2] == step:
            self._last = (last[0], number, last[2] + 1)
        else:
            self.write_last()
            self._stretches += 1
            self._last = (step, number, 1)
        self._follow(step, number)

    def write_last(self) -> None:
        """Write the stretch of equal steps that is still growing, and the sites met since."""
        if self._last is not None:
            self._put("stretch", (self._stretches, *self._last))
        for site in self._sites.all[self._written_sites :]:
            where = site.location
            place = (where.file, where.row, where.column, where.end_row, where.end_column)
            self._put("site", (site.ident, *place, site.written.call))
            if where.file not in self._files:
                self._files.add(where.file)
                self._put("source", (where.file, "".join(linecache.getlines(where.file))))
        self._written_sites = len(self._sites.all)

    def operations(self, pattern: int) -> Sequence[tuple[Operation, int]]:
        """Return the operations of a pattern, each with how many times in a row it happened."""
        return [(self._operation(number), repeats) for number, repeats in self._contents[pattern]]

    def _operation(self, number: int) -> Operation:
        kind, key = self._operation_parts[number]
        _, site_number, models, optimizer, scheduler, scaler, scaled, training, grad = key
        site = self._sites.all[site_number]
        subject = self._subjects.subject
        return Operation(
            kind,
            site.location,
            site.written.call,
            None if models is None else frozenset(map(subject, models)),
            None if optimizer is None else subject(optimizer),
            None if scheduler is None else subject(scheduler),
            None if scaler is None else subject(scaler),
            scaled,
            training,
            grad,
        )


def _runs(numbers: Sequence[int]) -> Pattern:
    runs: list[tuple[int, int]] = []
    last, times = numbers[0], 0
    for number in numbers:
        if number == last:
            times += 1
        else:
            runs.append((last, times))
            last, times = number, 1
    runs.append((last, times))
    return tuple(runs)
