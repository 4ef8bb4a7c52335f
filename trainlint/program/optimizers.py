"""Optimizers: where each is made, for which models, and where it steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trainlint.operations import Role
from trainlint.program.conditions import atoms
from trainlint.program.machine import Machine
from trainlint.program.records import Called, Turn
from trainlint.program.schedules import steps_of_each
from trainlint.program.torch_api import canonical
from trainlint.program.training import optimized
from trainlint.program.values import Object, Value


@dataclass(frozen=True, slots=True)
class OptimizerBuild:
    """An optimizer of a library, the call that makes it, and those that step it."""

    optimizer: Object
    made: Called
    steps: tuple[Called, ...]
    turns: Mapping[int, Turn]

    @property
    def models(self) -> frozenset[Value] | None:
        """Return the modules whose parameters it is given; `None` where that is not known."""
        return optimized(self.optimizer)

    @property
    def anew(self) -> bool:
        """Tell whether it is made in each iteration of the loop around it, or, by a setting of the run, in none."""
        if not self.made.loops:
            return False
        loop, turn = self.made.loops[-1], self.turns.get(self.made.turn)
        while turn is not None and turn.loop is not loop:
            if turn.condition is None or any(atom.born >= loop.since for atom in atoms(turn.condition)):
                return False
            turn = self.turns.get(turn.before)
        return turn is not None


def read_optimizers(machine: Machine) -> list[OptimizerBuild]:
    """Return the optimizers of libraries that a program makes, in the order of their making."""
    stepped = steps_of_each(machine)
    made = [o for o in machine.objects if o.role is Role.OPTIMIZER and isinstance(o.origin, str)]
    names = {canonical(o.origin) for o in made if isinstance(o.origin, str)}
    calls = {id(call.result): call for name in names for call in machine.calls.get(name, ())}
    return [
        OptimizerBuild(optimizer, calls[id(optimizer)], tuple(stepped.get(id(optimizer), ())), machine.turns)
        for optimizer in made
        if id(optimizer) in calls
    ]
