"""The phases of a schedule, read from its rates: warmup, decay, drop, restart, climb, hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

# What is no change but rounding: schedules that multiply the rate step by step err by some 1e-16 of it each time, those
# that add to it by as much of the highest.
_ROUNDING, _ROUNDING_OF_HIGHEST = 1e-12, 1e-15
# Of the steps, how long a pause may be that belongs to the phases around it, as at the top of a cosine.
_PAUSE = 0.01
_ALONE = 3  # drops that are told one by one; more of them in a row are told together


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a schedule, from the rate after `start` scheduler steps to that after `stop`.

    `kind` is `warmup` (the first rise), `decay`, `drop` (a fall in one step), `drops` (several, with pauses between),
    `restart` (a rise in one step after a fall), `jump` (any other rise in one step), `climb` (a slow rise after a fall)
    or `hold`.
    """

    kind: str
    start: int
    stop: int
    first: float
    last: float
    count: int = 1


def phases(rates: Sequence[float]) -> tuple[Phase, ...]:
    """Return the phases of one group's rates, one rate a step."""
    runs = _without_pauses(_runs(rates), max(1, round(_PAUSE * len(rates))))
    if not runs:
        return (Phase("hold", 0, 0, rates[0], rates[0]),)
    found: list[Phase] = []
    fell = False
    for place, (sign, start, stop) in enumerate(runs):
        before = runs[place - 1][0] if place else None
        kind = _kind(sign, stop - start, before, fell)
        fell = fell or sign < 0
        found.append(Phase(kind, start, stop, rates[start], rates[stop]))
    return tuple(_with_drops_together(found))


def _kind(sign: int, length: int, before: int | None, fell: bool) -> str:
    if sign == 0:
        return "hold"
    if sign < 0:
        return "drop" if length == 1 and before in (None, 0) else "decay"
    if length == 1 and before is not None:
        return "restart" if before < 0 else "jump"
    return "climb" if fell else "warmup"


def _runs(rates: Sequence[float]) -> list[tuple[int, int, int]]:
    """Return the stretches in which the rate only rises (1), falls (-1) or stays (0)."""
    floor = _ROUNDING_OF_HIGHEST * max(map(abs, rates))
    runs: list[tuple[int, int, int]] = []
    for place, (before, after) in enumerate(pairwise(rates)):
        change = after - before
        least = max(_ROUNDING * max(abs(before), abs(after)), floor)
        sign = (change > least) - (change < -least)
        if runs and runs[-1][0] == sign:
            runs[-1] = (sign, runs[-1][1], place + 1)
        else:
            runs.append((sign, place, place + 1))
    return runs


def _without_pauses(runs: list[tuple[int, int, int]], longest: int) -> list[tuple[int, int, int]]:
    """Give short pauses between slow phases to the phase before, or to the one after where there is none before."""

    def slow(place: int) -> bool:
        return not 0 <= place < len(runs) or runs[place][2] - runs[place][1] > 1

    merged: list[tuple[int, int, int]] = []
    waiting: int | None = None
    for place, (sign, start, stop) in enumerate(runs):
        pause = sign == 0 and stop - start <= longest and len(runs) > 1 and slow(place - 1) and slow(place + 1)
        if pause and not merged:
            waiting = start
        elif merged and (pause or merged[-1][0] == sign):
            merged[-1] = (merged[-1][0], merged[-1][1], stop)
        else:
            merged.append((sign, start if waiting is None else waiting, stop))
            waiting = None
    return merged


def _with_drops_together(found: Sequence[Phase]) -> list[Phase]:
    """Tell many drops in a row, with the pauses between them, as one phase."""
    together: list[Phase] = []
    place = 0
    while place < len(found):
        stop = place
        while stop + 2 < len(found) and [phase.kind for phase in found[stop : stop + 3]] == ["drop", "hold", "drop"]:
            stop += 2
        count = (stop - place) // 2 + 1
        if count > _ALONE:
            last = found[stop]
            together.append(replace(found[place], kind="drops", stop=last.stop, last=last.last, count=count))
            place = stop + 1
        else:
            together.append(found[place])
            place += 1
    return together


def describe(phase: Phase, steps: int) -> str:
    """Return a phase in words; `steps` are those of the whole training."""
    first, last = f"{phase.first:.4g}", f"{phase.last:.4g}"
    where = f"steps {phase.start:,} to {phase.stop:,}"
    length = phase.stop - phase.start
    if phase.kind == "hold":
        return f"{where}: stays at {first}"
    if phase.kind == "warmup":
        return f"{where}: warmup from {first} to {last}, {100 * length / steps:.3g} % of the steps"
    if phase.kind in ("drop", "restart", "jump"):
        verb = {"drop": "drops", "restart": "restarts", "jump": "jumps"}[phase.kind]
        return f"step {phase.stop:,}: {verb} from {first} to {last}"
    if phase.kind == "drops":
        return f"{where}: {phase.count:,} drops from {first} to {last}"
    verb = "decay" if phase.kind == "decay" else "climbs again,"
    return f"{where}: {verb} from {first} to {last}"
