"""How often the operations of a loop happen: in each iteration, or only every few, as in gradient accumulation."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass

from trainlint.operations import Kind, Operation
from trainlint.program.conditions import Atom, Both, Formula, Not, negate
from trainlint.program.records import LoopFacts, Turn


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often an operation happens within a loop.

    `seldom`: only in iterations whose number is a multiple of something (`if (i + 1) % 4 == 0:`). `given`: what else it
    depends on. `direct`: it stands in no inner loop.
    """

    seldom: bool
    given: frozenset[Formula]
    direct: bool


def rhythm(turns: Mapping[int, Turn], last: int, loop: LoopFacts) -> Rhythm | None:
    """Return the rhythm of what lies behind the turn `last`; `None` where it is not known, or not in the loop."""
    seldom, direct = False, True
    given: set[Formula] = set()
    while last:
        turn = turns[last]
        if turn.loop is loop:
            return Rhythm(seldom, frozenset(given), direct)
        if turn.loop is not None:
            direct = False
        elif turn.condition is None:
            return None
        elif _holds_seldom(turn.condition):
            seldom = True
        else:
            given.add(turn.condition)
        last = turn.before
    return None


def exclude_each_other(turns: Mapping[int, Turn], first: int, second: int) -> bool:
    """Tell whether of two things, each behind the turn given for it, only one happens in one go."""
    ways = list(_conditions(turns, first))
    return any(_exclude(way, other) for other in _conditions(turns, second) for way in ways)


def _conditions(turns: Mapping[int, Turn], last: int) -> Iterator[Formula]:
    while last:
        turn = turns[last]
        if turn.condition is not None:
            yield turn.condition
        last = turn.before


def _exclude(first: Formula, second: Formula) -> bool:
    if first == negate(second):
        return True
    choice = _choice(first)  # of one of several things that a name may stand for
    return choice is not None and choice == _choice(second) and first != second


def _choice(condition: Formula) -> Hashable:
    match condition:
        case Atom(key=("which", options, _)) | Not(Atom(key=("which", options, _))):
            return options
    return None


def _holds_seldom(test: Formula) -> bool:
    """Tell whether a test asks for a multiple: `i % k == 0`, alone or with others."""
    match test:
        case Atom(key=("==", left, right)):
            return _is_remainder(left) or _is_remainder(right)
        case Atom(key=("none", key)):  # `not i % k`
            return _is_remainder(key)
        case Both(left, right):
            return _holds_seldom(left) or _holds_seldom(right)
        case Not(Both(Not(left), Not(right))):  # `i % k == 0 or i == last`
            return _holds_seldom(left) or _holds_seldom(right)
        case Not(Both(left, right)):
            return any(isinstance(side, Not) and _holds_seldom(side.operand) for side in (left, right))
    return False


def _is_remainder(key: object) -> bool:
    match key:
        case ("arithmetic", "%", _, divisor):
            return divisor not in (("constant", "int", 1), ("constant", "float", 1.0))
    return False


@dataclass(frozen=True, slots=True)
class Accumulation:
    """A loop that goes backward for each micro-batch, and steps only every few of them.

    `each` are the operations that happen for each micro-batch wherever the step is due at all.
    """

    loop: LoopFacts
    step: Operation
    backward: Operation
    each: tuple[Operation, ...]
    others: tuple[Operation, ...]

    @property
    def steps_otherwise(self) -> bool:
        """Tell whether the same optimizer also steps at other times."""
        return any(
            o.kind in (Kind.OPTIMIZER_STEP, Kind.SCALER_STEP) and o.optimizer == self.step.optimizer for o in self.each
        )


def accumulations(
    loop: LoopFacts, rhythm_of: Callable[[Operation, LoopFacts], Rhythm | None]
) -> Iterator[Accumulation]:
    """Yield the steps that a loop makes only every few iterations, with gradients of all of them."""
    rhythms = [(operation, rhythm_of(operation, loop)) for operation in loop.operations]
    for step, pace in rhythms:
        if (
            step.kind not in (Kind.OPTIMIZER_STEP, Kind.SCALER_STEP)
            or pace is None
            or not pace.seldom
            or not pace.direct
        ):
            continue
        each = tuple(o for o, r in rhythms if r is not None and r.direct and not r.seldom and r.given <= pace.given)
        if any(o.kind is Kind.BACKWARD and o.may_concern(step) and not (r and not r.seldom) for o, r in rhythms):
            continue  # it has a backward of its own, as the generator of a GAN that is trained every few iterations
        backward = next((o for o in each if o.kind is Kind.BACKWARD and o.concerns(step)), None)
        if backward is not None:
            others = tuple(o for o in loop.operations if o not in each)
            yield Accumulation(loop, step, backward, each, others)
