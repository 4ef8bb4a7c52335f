"""What the schedule rules say of a schedule whose rates are known: the mistakes of TL5, in the words of their rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, pi

from trainlint.finding import Severity
from trainlint.lr.phases import Phase

# Of a cosine's way down, what may be left at the end; of a cycle, what must be run: as in TL506 and TL507.
LEFT_AT_END, ENOUGH = 0.05, 0.9
# So many times longer than training is what counts batches and is stepped per epoch: an epoch has some batches.
OTHER_INTERVAL = 10
# Of the highest rate, what trains nothing (float32 resolves 6e-8 of a weight), and when that is long before the end.
DEAD, LONG_BEFORE = 1e-6, 0.9
# Warmups in use: 5 of 90 epochs (Goyal et al., 2017), 6 % of the steps (RoBERTa, 2019), 1 % (BERT, 2018); 30 % is the
# rise of a one-cycle schedule, which is none.
USUAL, SHORT, LONG = "about 5 % is usual", 0.01, 0.2
FULL = 0.9  # of the highest rate: a start above it has no warmup


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a schedule that may be wrong; without a code it is advice that no rule gives."""

    code: str
    name: str
    severity: Severity
    message: str

    def __str__(self) -> str:
        return f"{self.code} {self.name}: {self.message}" if self.code else self.message


@dataclass(frozen=True, slots=True)
class Part:
    """A scheduler, alone or within another, at the end of training: its settings, and the steps that it has taken."""

    kind: str
    taken: int
    settings: Mapping[str, float | str]

    def number(self, name: str) -> float:
        """Return a setting that is a number."""
        value = self.settings[name]
        if isinstance(value, str):
            raise TypeError(f"{name} is {value!r}")
        return value


@dataclass(frozen=True, slots=True)
class Course:
    """What a preview has seen: the rates of the leading group and their phases, and what made them."""

    rates: Sequence[float]
    phases: Sequence[Phase]
    parts: Sequence[Part]
    metric: Sequence[float]
    adam: bool
    from_start: bool


def remarks(course: Course) -> Iterator[Remark]:
    """Give what may be wrong with a schedule."""
    for part in course.parts:
        if part.kind == "ReduceLROnPlateau":
            yield from _plateau(part, course.metric)
        elif part.kind in _JUDGES and part.taken > 0:
            yield from _JUDGES[part.kind](part)
    yield from _warmup(course)
    yield from _death(course)


def _cosine(part: Part) -> Iterator[Remark]:
    period = part.number("T_max")
    share = part.taken / period
    left = (1 + cos(pi * share)) / 2
    if share * OTHER_INTERVAL <= 1:
        yield _other_interval(part, "T_max", period)
    elif left > LEFT_AT_END:
        end = "climbs again" if share > 1 else "stops on its way down"
        yield Remark(
            "TL506",
            "cosine-t-max-mismatch",
            Severity.WARN,
            f"`{part.kind}` takes {share:.3g} times `T_max={period:g}` steps: the rate {end}, to {left:.0%}",
        )


def _one_cycle(part: Part) -> Iterator[Remark]:
    total = part.number("total_steps")
    share = part.taken / total
    if share * OTHER_INTERVAL <= 1:
        yield _other_interval(part, "total_steps", total)
    elif not ENOUGH <= share <= 1:
        what = "the step after them raises an error" if share > 1 else "the cycle is cut before the rate comes down"
        yield Remark(
            "TL507",
            "onecycle-length-mismatch",
            Severity.ERROR,
            f"`{part.kind}` is made for `total_steps={total:g}` steps and takes {share:.3g} times as many: {what}",
        )


def _cyclic(part: Part) -> Iterator[Remark]:
    up = part.number("total_size") * part.number("step_ratio")
    if part.taken < up:
        yield _other_interval(part, "step_size_up", up)


def _restarts(part: Part) -> Iterator[Remark]:
    left = (1 + cos(pi * part.number("T_cur") / part.number("T_i"))) / 2
    if part.taken * OTHER_INTERVAL <= part.number("T_0"):
        yield _other_interval(part, "T_0", part.number("T_0"))
    elif part.number("T_cur") > 0 and left > LEFT_AT_END:
        yield Remark(
            "",
            "",
            Severity.WARN,
            f"`{part.kind}` ends {part.number('T_cur'):g} steps into a cycle of {part.number('T_i'):g}: "
            f"the rate stops on its way down, at {left:.0%}",
        )


def _until(part: Part) -> Iterator[Remark]:
    total = part.number("total_iters")
    if part.taken * OTHER_INTERVAL <= total:
        yield _other_interval(part, "total_iters", total)
    elif part.taken + 1 < ENOUGH * total:  # in a sequence, the next part takes its last step
        message = f"`{part.kind}` takes {part.taken:,} of `total_iters={total:g}` steps: it ends on its way"
        yield Remark("", "", Severity.WARN, message)


def _steps(part: Part) -> Iterator[Remark]:
    size = part.number("step_size")
    if part.taken <= size:
        message = f"`{part.kind}` takes {part.taken:,} steps and drops after `step_size={size:g}`: it never does"
        yield Remark("", "", Severity.WARN, message)


def _plateau(part: Part, metric: Sequence[float]) -> Iterator[Remark]:
    mode = part.settings["mode"]
    changes = [after - before for before, after in pairwise(metric) if after != before]
    wrong = [change for change in changes if (change > 0) == (mode == "min")]
    first = metric[0] if metric else 0.0
    never = all(value >= first if mode == "min" else value <= first for value in metric)
    # A loss that grows from the first step on would look the same; it is a mistake, too.
    if len(changes) > 1 and never and len(wrong) > 0.8 * len(changes):
        way = "rises" if mode == "min" else "falls"
        yield Remark(
            "TL505",
            "plateau-mode-mismatch",
            Severity.ERROR,
            f"the metric {way} from {first:.4g} to {metric[-1]:.4g}, and `{part.kind}` watches it in "
            f"`{mode}` mode: no step counts as better",
        )


def _other_interval(part: Part, name: str, length: float) -> Remark:
    return Remark(
        "TL503",
        "scheduler-wrong-interval",
        Severity.ERROR,
        f"`{part.kind}` takes {part.taken:,} steps of `{name}={length:g}`: does it count batches, and is stepped "
        "once for each epoch?",
    )


def _warmup(course: Course) -> Iterator[Remark]:
    steps = len(course.rates)
    first = course.phases[0]
    cyclic = any(part.kind in ("OneCycleLR", "CyclicLR") for part in course.parts)
    if first.kind == "warmup" and course.from_start and not cyclic:
        share = (first.stop - first.start) / steps
        if not SHORT <= share <= LONG:
            message = f"the warmup takes {first.stop - first.start:,} of {steps:,} steps, {100 * share:.3g} %; {USUAL}"
            yield Remark("", "", Severity.INFO, message)
    elif course.adam and course.from_start and course.rates[0] > FULL * max(course.rates) > 0:
        yield Remark(
            "TL510",
            "missing-warmup",
            Severity.INFO,
            f"Adam-type training at full rate from step 1: transformers and large batches need a warmup; {USUAL}",
        )


def _death(course: Course) -> Iterator[Remark]:
    peak, steps = max(course.rates), len(course.rates)
    alive = max((place for place, rate in enumerate(course.rates) if rate > DEAD * peak), default=-1) + 1
    if peak > 0 and alive < LONG_BEFORE * steps:
        message = f"the rate is ~0 from step {alive:,} of {steps:,} on: below {DEAD:g} of its highest, {peak:.4g}"
        yield Remark("TL511", "learning-rate-died", Severity.WARN, message)


_JUDGES = {
    "CosineAnnealingLR": _cosine,
    "OneCycleLR": _one_cycle,
    "CyclicLR": _cyclic,
    "CosineAnnealingWarmRestarts": _restarts,
    "LinearLR": _until,
    "PolynomialLR": _until,
    "StepLR": _steps,
}
