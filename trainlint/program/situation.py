"""Where the interpreter is, and what surrounds it there."""

from __future__ import annotations

from dataclasses import field

from trainlint.frozen import dataclass
from trainlint.program import facts
from trainlint.program.contexts import AUTOCAST_OFF, Autocast
from trainlint.program.flow import Tree
from trainlint.program.records import Frame, LoopFacts, Root
from trainlint.program.values import Object


@dataclass(eq=False, slots=True)
class Situation:
    """What is true of the point that is being interpreted; code that is run from outside begins in a fresh one."""

    root: Root | None = None
    grad: bool | None = True  # whether autograd records; `None`: not known
    autocast: Autocast | None = AUTOCAST_OFF  # `None`: not known
    out: list[Tree] = field(default_factory=list)  # the operations of this block so far
    loops: list[LoopFacts] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    asked: list[facts.Expression] = field(default_factory=list)  # the tests on the way to this point
    turn: int = 0  # the last turn on the way to this point
    depth: int = 0  # branches and loops around this point of which it is not known how they go
    block: int = 0  # the innermost of them, numbered
    tracing: int = 0  # inside a module's forward: its layers are followed, not the operations of training
    traced: Object | None = None  # the module whose forward is followed
    steps: int = 0  # statements interpreted so far


class Captured:
    """The operations of a block, collected apart."""

    __slots__ = ("_here", "_saved")

    def __init__(self, here: Situation) -> None:
        self._here = here

    def __enter__(self) -> list[Tree]:
        self._saved, self._here.out = self._here.out, []
        return self._here.out

    def __exit__(self, *_: object) -> None:
        self._here.out = self._saved
