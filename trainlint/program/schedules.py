"""Learning-rate schedules: what each is made for, where it is stepped, and how often."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from trainlint.operations import Role
from trainlint.program.conditions import Atom, Both, Formula, Not, atoms
from trainlint.program.lengths import Length, iterations, number
from trainlint.program.machine import Machine
from trainlint.program.readings import readings
from trainlint.program.records import Called, LoopFacts, Turn
from trainlint.program.torch_api import optimizer_position, role_of_constructor
from trainlint.program.values import Object, Unknown, Value


@dataclass(frozen=True, slots=True)
class Schedule:
    """A scheduler, its making, and each call that steps it.

    `optimizer` is what it drives, where that is known to be one; `steps` and `trains` are the calls that step the
    scheduler, and the optimizer or what it may be. `handed`: something that is not followed has the scheduler, and may
    step it as well.
    """

    scheduler: Object
    made: Called
    optimizer: Object | Unknown | None
    steps: tuple[Called, ...]
    trains: tuple[Called, ...]
    handed: bool
    turns: Mapping[int, Turn]

    @property
    def kind(self) -> str:
        """Return the class, such as `StepLR`, or the function that made it."""
        return self.made.name.rpartition(".")[2]

    @property
    def name(self) -> str:
        """Return what the user calls it."""
        return self.scheduler.name or self.kind

    def argument(self, position: int, name: str) -> Value | None:
        """Return an argument of its making; the optimizer is the first."""
        return self.made.arguments.get(position, name)

    def loops(self, call: Called) -> tuple[LoopFacts, ...]:
        """Return the loops around a call, but for those in which the scheduler was made."""
        return tuple(loop for loop in call.loops if loop not in self.made.loops)

    @property
    def length(self) -> Length | None:
        """Return how many steps the scheduler takes in its life; `None` where that is not known."""
        if self.handed or not self.steps or any(step.root is not self.made.root for step in self.steps):
            return None
        turn = self.turns.get(self.made.turn)
        if self.made.loops and turn is not None and turn.loop is None:
            return None  # made in some iteration of a loop, of which it lives through the rest
        total = number(0)
        for step in self.steps:
            times = self._times(step, alone=len(self.steps) == 1)
            if times is None:
                return None
            total += times
        return total

    @property
    def leads(self) -> Called | None:
        """Return the one call that steps the scheduler, where it comes before each step of the optimizer.

        Told by the calls alone: it happens in each iteration of a loop, or call of a function, in which the optimizer
        steps later on, and nothing outside of that steps the optimizer.
        """
        if self.handed or len(self.steps) != 1 or not self.trains:
            return None
        (step,) = self.steps
        around = step.loops
        again = (
            len(around) > len(self.made.loops) if step.root is self.made.root else bool(step.root and step.root.name)
        )
        turn = self.turns.get(step.turn)
        straight = turn is not None and turn.loop is around[-1] if around else turn is None
        inside = all(train.root is step.root and train.loops[: len(around)] == around for train in self.trains)
        return step if again and straight and inside and all(step.number < t.number for t in self.trains) else None

    def batch_loops(self, step: Called) -> tuple[LoopFacts, ...]:
        """Return the loops over a loader that turn inside the loop of a step, and in which the optimizer steps."""
        found: dict[int, LoopFacts] = {}
        for train in self.trains:
            if train.root is step.root and step.loops and train.loops[: len(step.loops)] == step.loops:
                inner = train.loops[len(step.loops) :]
                found.update({id(loop): loop for loop in inner if draws_batches(loop)})
        return tuple(found.values())

    def _times(self, step: Called, *, alone: bool) -> Length | None:
        """Return how often a step is taken.

        A step that a setting of the whole run turns off is taken as turned on, where it is the only one.
        """
        loops = self.loops(step)
        times = number(1)
        for loop in loops:
            rounds = iterations(loop.through)
            if rounds is None:
                return None
            times *= rounds
        for turn in self._turns_to(step):
            if turn.loop in loops or turn.condition is True:
                continue
            if turn.condition is None:
                return None
            share = every(turn.condition)
            if share is not None:
                times *= number(share)
            elif not alone or any(loops and atom.born >= loops[0].since for atom in atoms(turn.condition)):
                return None
        return times

    def _turns_to(self, step: Called) -> Iterable[Turn]:
        """Yield the turns on the way from the making of the scheduler to a step."""
        passed: set[int] = set()
        turn = self.made.turn
        while turn:
            passed.add(turn)
            turn = self.turns[turn].before
        turn = step.turn
        while turn and turn not in passed:
            yield self.turns[turn]
            turn = self.turns[turn].before


def draws_batches(loop: LoopFacts) -> bool:
    """Tell whether a loop goes through the batches of a loader."""
    return isinstance(loop.iterable, (Object, Unknown)) and loop.iterable.role is Role.LOADER


def every(condition: Formula) -> Fraction | None:
    """Return the share of iterations in which `step % n == 0`, or the like, holds; `None` for another condition."""
    match condition:
        case Atom(("==", ("arithmetic", "%", _, ("constant", "int", int() as window)), _)) if window > 0:
            return Fraction(1, window)
        case Atom(("none", ("arithmetic", "%", _, ("constant", "int", int() as window)))) if window > 0:
            return Fraction(1, window)  # `not step % n`
        case Not(Both(Not(left), Not(right))):  # `step % n == 0 or step == last`
            return every(left) or every(right)
    return None


def read_schedules(machine: Machine) -> list[Schedule]:
    """Return the schedulers of torch and transformers that a program makes, in the order of their making."""
    stepped = steps_of_each(machine)
    roots = {id(root) for root in machine.roots}
    # `scheduler.step` without the call is a mistake of its own.
    meant = {id(option) for m in machine.mentioned if m.name == "step" for option in readings(m.base)}
    found: list[Schedule] = []
    for name, calls in machine.calls.items():
        for made in calls if role_of_constructor(name) is Role.SCHEDULER else ():
            scheduler = made.result
            if not isinstance(scheduler, Object) or scheduler.role is not Role.SCHEDULER or id(made.root) not in roots:
                continue
            given = made.arguments.get(optimizer_position(name), "optimizer")
            options = () if given is None else readings(given)
            driven = options[0] if len(options) == 1 and isinstance(options[0], (Object, Unknown)) else None
            trains = tuple(call for option in options for call in stepped.get(id(option), ()))
            found.append(
                Schedule(
                    scheduler,
                    made,
                    driven,
                    tuple(stepped.get(id(scheduler), ())),
                    trains,
                    scheduler.ident in machine.handed or id(scheduler) in meant or _lost(scheduler, machine),
                    machine.turns,
                )
            )
    return sorted(found, key=lambda schedule: schedule.scheduler.ident)


def steps_of_each(machine: Machine) -> dict[int, list[Called]]:
    """Return the calls that step each optimizer and scheduler, by `id`."""
    stepped: dict[int, list[Called]] = {}
    for call in machine.calls.get(".step", ()):
        for taken in _steps(call):
            stepped.setdefault(id(taken), []).append(call)
    return stepped


def _steps(call: Called) -> tuple[Value, ...]:
    """Return what a call of a `step` steps: its object, or the optimizer that a scaler is given."""
    receiver = call.receiver
    if receiver is None:
        return ()
    if isinstance(receiver, (Object, Unknown)) and receiver.role is Role.SCALER:
        return readings(call.arguments.positional[0]) if call.arguments.positional else ()
    return (receiver,)


def _lost(scheduler: Object, machine: Machine) -> bool:
    """Tell whether a scheduler is one of so many that a name may mean that they were not told apart."""
    for call in machine.calls.get(".step", ()):
        match call.receiver:
            case Unknown(key=("joined", tuple() as keys)) if scheduler.key in keys:
                return True
    return False
