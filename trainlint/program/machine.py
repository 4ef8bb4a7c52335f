"""What the parts of the interpreter share: its memory, where it is, and how they reach one another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from trainlint.finding import Place
from trainlint.program import facts
from trainlint.program.conditions import Formula
from trainlint.program.flow import Branch
from trainlint.program.recorder import Recorder
from trainlint.program.records import LoopFacts, Turn
from trainlint.program.situation import Captured
from trainlint.program.values import Arguments, ClassValue, File, FunctionValue, Namespace, Object, Value

MAX_STEPS = 20_000  # statements interpreted for one root or one forward; nothing is said of a larger one


class Machine(Recorder, ABC):
    """What the parts of the interpreter call one another through."""

    @abstractmethod
    def evaluate(self, expression: facts.Expression, namespace: Namespace) -> Value:
        """Return what the expression may be, and note the operations that evaluating it does."""

    @abstractmethod
    def run_block(self, statements: facts.Block, namespace: Namespace) -> bool:
        """Interpret statements in order; return whether control may reach their end."""

    @abstractmethod
    def invoke(
        self, function: FunctionValue, arguments: Arguments, on_yield: Callable[[Value], None] | None = None
    ) -> Value:
        """Replace a call of a function of the program by what it does; `on_yield` is run at its first `yield`."""

    @abstractmethod
    def load(self, file: File) -> Namespace:
        """Interpret the top level of a file, once."""

    @abstractmethod
    def instantiate(self, cls: ClassValue, arguments: Arguments, place: Place | None) -> Object:
        """Make an instance of a class of the program."""

    @abstractmethod
    def resolve(self, dotted: str, importer: File) -> Value:
        """Return what a dotted name means: a name of a file of the program, or one of a library."""

    @abstractmethod
    def open_arguments(self, function: FunctionValue, skip: int) -> Arguments:
        """Return arguments of which nothing is known but the parameters' names and defaults, but for the first."""

    def undecided(self, condition: Formula | None = None, loop: LoopFacts | None = None) -> Undecided:
        """Mark what is inside as happening perhaps, or more than once."""
        return Undecided(self, condition, loop)

    def take_turn(self, turn: Turn) -> None:
        """Mark all that follows, up to the end of the branch, loop body or call around it, as lying past a turn."""
        self.here.turn = self.number()
        self.turns[self.here.turn] = turn

    def surely_since(self, number: int) -> bool:
        """Tell whether what happens here is not for one way of a branch that was taken after this moment."""
        turn = self.here.turn
        while turn > number:
            if self.turns[turn].loop is None:
                return False
            turn = self.turns[turn].before
        return True

    @contextmanager
    def when(self, condition: Formula, holds: bool) -> Iterator[None]:
        """Note the operations of an expression that is evaluated only where a condition holds, or does not."""
        with self.captured() as out:
            yield
        if out:
            then, orelse = (tuple(out), ()) if holds else ((), tuple(out))
            self.here.out.append(Branch(condition, then, orelse))

    @contextmanager
    def asking(self, test: facts.Expression) -> Iterator[None]:
        """Remember a test on the way to what is inside."""
        self.here.asked.append(test)
        try:
            yield
        finally:
            self.here.asked.pop()

    def captured(self) -> Captured:
        """Collect the operations of a block apart."""
        return Captured(self.here)

    def yielded(self, value: Value) -> Value:
        """Give a value to whom a generator serves: the block of a `with`, or whoever goes through what it gives."""
        frame = self.here.frames[-1] if self.here.frames else None
        if frame is not None and frame.on_yield is not None:
            run, frame.on_yield = frame.on_yield, None
            run(value)
        elif frame is not None:
            frame.yielded.append((value, tuple(self.here.loops[frame.around :])))
        self.hand_over([value])
        return self.unknown("", value)


class Undecided:
    """The inside of a branch or loop of which it is not known whether, or how often, it happens."""

    __slots__ = ("_block", "_condition", "_loop", "_machine", "_turn")

    def __init__(self, machine: Machine, condition: Formula | None, loop: LoopFacts | None) -> None:
        self._machine = machine
        self._condition = condition
        self._loop = loop

    def __enter__(self) -> None:
        here = self._machine.here
        self._block, self._turn = here.block, here.turn
        here.block = self._machine.number()
        self._machine.take_turn(Turn(here.turn, self._condition, self._loop))
        here.depth += 1

    def __exit__(self, *_: object) -> None:
        here = self._machine.here
        here.depth -= 1
        here.block, here.turn = self._block, self._turn
