"""Facts of a run as plain data, read back from its file without torch."""

from __future__ import annotations

import json
import math
import sqlite3
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainlint.errors import UsageError
from trainlint.finding import Finding, Location
from trainlint.operations import Kind, Operation, Role, Subject
from trainlint.run_facts import Feed, Forward, Layer, NormLayer, Series, Steps, Thing
from trainlint.run_findings import decode_finding
from trainlint.run_schema import APPLICATION_ID, VERSION


@dataclass(frozen=True, slots=True)
class Run:
    """What a run file holds."""

    path: Path
    meta: Mapping[str, Any]
    models: tuple[Thing, ...]
    optimizers: tuple[Thing, ...]
    schedulers: tuple[Thing, ...]
    scalers: tuple[Thing, ...]
    loaders: tuple[Thing, ...]
    layers: tuple[Layer, ...]
    steps: Steps
    feeds: tuple[Feed, ...]
    forwards: tuple[Forward, ...]
    norm_layers: tuple[NormLayer, ...]
    series: Mapping[str, Series]  # the user's own, by name
    findings: tuple[Finding, ...]
    notices: tuple[str, ...]
    sources: Mapping[str, str]  # the user's files as they were, by name
    patterns: Mapping[int, tuple[tuple[Operation, int], ...]]
    stretches: tuple[tuple[int, int, int], ...]  # first step, pattern, steps in a row
    parameters: Mapping[int, str]
    layouts: Mapping[int, tuple[int, ...]]

    def operations(self) -> Iterator[tuple[int, Operation]]:
        """Yield each operation in order, with the step that it led to."""
        for first, pattern, steps in self.stretches:
            for step in range(first, first + steps):
                for operation, times in self.patterns[pattern]:
                    for _ in range(times):
                        yield step, operation

    def parameter_norms(self) -> Iterator[tuple[int, dict[str, float], dict[str, float]]]:
        """Yield each parameter's gradient norm before and after clipping, for the steps where it was kept.

        Read from the file as they are asked for: there may be more than fit into memory.
        """
        connection = _connect(self.path)
        try:
            for step, layout, before, after in connection.execute(_NORMS):
                names = [self.parameters[number] for number in self.layouts[layout]]
                norms = dict(zip(names, array("f", after), strict=True))
                yield (
                    step,
                    norms if before is None else dict(zip(names, array("f", before), strict=True)),
                    norms,
                )
        finally:
            connection.close()


_NORMS = "SELECT step, layout, norms_before, norms_after FROM step WHERE layout IS NOT NULL ORDER BY step"
_STEPS = """
SELECT step, optimizer, time_s, wall_s, data_s, forward_s, backward_s, optimizer_s, backwards, loss, rates,
    norm_before, norm_after, clipped, loss_scale, skipped
FROM step ORDER BY step
"""

Sites = Mapping[int, tuple[Location, str]]  # the place of a call, and the callee as written


def load_run(path: Path) -> Run:
    """Read a run file, finished or not; another process may still be writing it.

    Raises:
        UsageError: there is no such file, it is no run file, or a newer trainlint wrote it.
    """
    if not path.is_file():
        raise UsageError(f"no run file at {path}; trainlint.watch writes them to trainlint-runs/")
    try:
        connection = _connect(path)
        try:
            connection.execute("BEGIN")  # one moment of a file that grows
            return _read(path, connection)
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        raise UsageError(f"{path} is not a run file of trainlint, or is damaged: {error}") from None


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def _read(path: Path, connection: sqlite3.Connection) -> Run:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise UsageError(f"{path} is an SQLite file, but not a run file of trainlint")
    if version > VERSION:
        raise UsageError(
            f"{path} is of a newer trainlint (file version {version}; this one reads up to {VERSION}): "
            "pip install --upgrade torch-trainlint"
        )

    def rows(table: str, order: str = "id") -> Sequence[Any]:
        query = f"SELECT * FROM {table} ORDER BY {order}"  # noqa: S608 - the names are those below
        return connection.execute(query).fetchall()

    subjects: dict[int | None, Subject] = {}
    things: dict[Role, list[Thing]] = {role: [] for role in Role}
    for ident, role, name, kind, first_step, facts in rows("subject"):
        subject = subjects[ident] = Subject(Role(role), ident, name)
        things[subject.role].append(Thing(subject, kind, first_step, json.loads(facts)))
    sites = {row[0]: (Location(*row[1:6]), row[6]) for row in rows("site")}
    feeds = {
        ident: Feed(subjects[loader], *sites[site], *counts)
        for ident, loader, site, *counts in rows("feed")
        if site in sites
    }
    operations = {row[0]: _operation(row, subjects, sites) for row in rows("operation") if row[2] in sites}
    return Run(
        path,
        {key: json.loads(value) for key, value in connection.execute("SELECT * FROM meta ORDER BY key")},
        tuple(things[Role.MODEL]),
        tuple(things[Role.OPTIMIZER]),
        tuple(things[Role.SCHEDULER]),
        tuple(things[Role.SCALER]),
        tuple(things[Role.LOADER]),
        tuple(_layer(row, subjects) for row in rows("layer", "model, path")),
        _steps(connection.execute(_STEPS).fetchall(), subjects),
        tuple(feeds.values()),
        tuple(_forward(row, subjects, sites, feeds) for row in rows("forward") if row[2] in sites),
        tuple(_norm_layer(row, subjects, sites, feeds) for row in rows("norm_layer", "model, path") if row[2] in sites),
        _series(rows("series") if version > 1 else ()),
        tuple(decode_finding(json.loads(body)) for _, _, body in rows("finding")),
        tuple(text for _, text in rows("notice")),
        dict(rows("source", "file")),
        {
            ident: tuple((operations[number], times) for number, times in json.loads(body) if number in operations)
            for ident, body in rows("pattern")
        },
        tuple(tuple(row[1:]) for row in rows("stretch")),
        {ident: name for ident, _, name, _ in rows("parameter")},
        {ident: tuple(json.loads(numbers)) for ident, numbers in rows("layout")},
    )


def _series(rows: Sequence[Any]) -> Mapping[str, Series]:
    series: dict[str, Series] = {}
    for _, step, time_s, name, value in rows:
        one = series.setdefault(name, Series([], [], []))
        one.step.append(step)
        one.time_s.append(time_s)
        one.value.append(math.nan if value == "nan" else value)
    return series


def _layer(row: Sequence[Any], subjects: Mapping[int | None, Subject]) -> Layer:
    model, path, kind, parameters, trainable, facts = row
    return Layer(subjects[model], path, kind, parameters, trainable, json.loads(facts))


def _operation(row: Sequence[Any], subjects: Mapping[int | None, Subject], sites: Sites) -> Operation:
    _, kind, site, models, optimizer, scheduler, scaler, scaled, training, grad = row
    return Operation(
        Kind(kind),
        *sites[site],
        None if models is None else frozenset(subjects[ident] for ident in json.loads(models)),
        subjects.get(optimizer),
        subjects.get(scheduler),
        subjects.get(scaler),
        _flag(scaled),
        _flag(training),
        _flag(grad),
    )


def _flag(stored: int | None) -> bool | None:
    return None if stored is None else bool(stored)


def _forward(
    row: Sequence[Any],
    subjects: Mapping[int | None, Subject],
    sites: Sites,
    feeds: Mapping[int, Feed],
) -> Forward:
    _, model, site, feed, training, grad, facts = row
    values = json.loads(facts)
    values |= {name: tuple(values[name]) for name in ("dropout", "norms")}
    return Forward(subjects[model], *sites[site], bool(training), bool(grad), feeds.get(feed), **values)


def _norm_layer(
    row: Sequence[Any],
    subjects: Mapping[int | None, Subject],
    sites: Sites,
    feeds: Mapping[int, Feed],
) -> NormLayer:
    model, path, site, feed, facts = row
    values = json.loads(facts)
    return NormLayer(
        subjects[model],
        path,
        values["type"],
        values["synchronised"],
        *sites[site],
        feeds.get(feed),
        {(n, count_each): times for n, count_each, times in values["sizes"]},
    )


def _steps(rows: Sequence[Any], subjects: Mapping[int | None, Subject]) -> Steps:
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(16)]
    step, optimizer, time_s, wall_s, data_s, forward_s, backward_s, optimizer_s, backwards, *rest = columns
    loss, rates, before, after, clipped, scale, skipped = rest
    return Steps(
        step,
        [subjects[ident] for ident in optimizer],
        time_s,
        wall_s,
        data_s,
        forward_s,
        backward_s,
        optimizer_s,
        backwards,
        _numbers(loss),
        [tuple(array("d", blob)) for blob in rates],
        _numbers(before),
        _numbers(after),
        [bool(flag) for flag in clipped],
        scale,
        [bool(flag) for flag in skipped],
    )


def _numbers(column: list[Any]) -> list[float | None]:
    """Return numbers from SQLite, which keeps NaN as text."""
    return [math.nan if value == "nan" else value for value in column]
