"""What interpreting a program leaves behind for those who ask: calls, loops, forwards, and the roots they belong to."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import field

from trainlint.finding import Place
from trainlint.frozen import dataclass
from trainlint.operations import Operation, Precision
from trainlint.program import facts
from trainlint.program.conditions import Formula
from trainlint.program.flow import Tree
from trainlint.program.torch_api import canonical
from trainlint.program.values import Arguments, External, File, FunctionValue, Method, Object, Unknown, Value


@dataclass(frozen=True, eq=False, slots=True)
class Called:
    """A call of something that the program does not define itself, or that makes or applies one of its modules.

    `callee` is an `External`, a `Method`, a module that is applied, a class that is made, or something not known.
    `result` is filled in when the call has been followed. `within` is the module whose forward the call belongs to,
    where a forward is followed for its layers; `block` numbers the innermost undecided branch or loop body around it,
    0 for none. `turn` is the last `Turn` on the way to it: conditions to reckon with. `asked` are the tests on the way
    to it as written, of branches around it and of those that left a block before it: words to read.
    """

    callee: Value
    name: str  # of what is called: `torch.softmax`, `torch.nn.Linear` (also where such a module is applied), `.item`
    arguments: Arguments
    node: facts.Call
    place: Place
    root: Root | None
    loops: tuple[LoopFacts, ...]
    functions: tuple[FunctionValue, ...]
    within: Object | None
    block: int
    grad: bool | None
    autocast: Precision | None  # where its switch, if it has one, is on
    is_statement: bool  # the value is thrown away
    asked: tuple[facts.Expression, ...] = ()
    turn: int = 0
    number: int = 0  # calls are numbered in the order in which they are followed
    results: list[Value] = field(default_factory=list)

    @property
    def result(self) -> Value | None:
        """Return what the call gave; `None` while it is being followed."""
        return self.results[0] if self.results else None

    @property
    def receiver(self) -> Value | None:
        """Return what a method is called on; `None` where it is no method of something outside the program."""
        return self.callee.receiver if isinstance(self.callee, Method) else None

    @property
    def text(self) -> str:
        """Return the callee as the user wrote it."""
        return facts.render(self.node.callee)

    @property
    def makes(self) -> bool:
        """Tell a constructor from the application of the module that it makes."""
        return not isinstance(self.callee, Object)

    def written(self, position: int, name: str) -> str:
        """Return an argument as the user wrote it; "" where it is not given by position or name."""
        for number, argument in enumerate(self.node.arguments):
            if argument.keyword == name or (number == position and argument.keyword is None and not argument.star):
                return facts.render(argument.value)
        return ""


def called_name(callee: Value) -> str:
    """Return the name under which calls of this are found; "" for what has none."""
    match callee:
        case External(dotted):
            return canonical(dotted)
        case Method(_, name):
            return f".{name}"
        case Object(origin=str() as dotted):
            return canonical(dotted)
        case Unknown():
            return "?"
    return ""


@dataclass(frozen=True, eq=False, slots=True)
class Mentioned:
    """A statement that is nothing but an attribute: `model.eval`, without the call."""

    base: Value
    name: str
    text: str
    place: Place


@dataclass(frozen=True, eq=False, slots=True)
class Assigned:
    """An attribute that is assigned: `owner.name = value`. `function` is the one in which it happens, if any."""

    owner: Value
    name: str
    value: Value
    text: str
    place: Place
    function: FunctionValue | None


@dataclass(frozen=True, slots=True)
class Graft:
    """A layer, or a parameter, put into a module that was made before: `model.fc = nn.Linear(512, 10)`.

    `born` orders it among the objects of the program, `after` counts the operations that the root had done by then.
    """

    owner: Value
    value: Value
    target: str  # as the user wrote it
    place: Place
    born: int
    root: Root
    after: int
    loops: tuple[LoopFacts, ...]


@dataclass(frozen=True, slots=True)
class Application:
    """A layer applied to a tensor inside a forward.

    `source` is the application that alone made the input, for sure; `block` numbers the branch or loop body that it
    stands in: two applications in one block happen together or not at all. `folded`: other axes were folded into the
    batch axis before, perhaps.
    """

    layer: Object
    source: int | None
    block: int
    within: Object  # the module whose forward was followed
    folded: bool


@dataclass(frozen=True, eq=False, slots=True)
class Twin:
    """What a module was made like: another, whose forward was followed before.

    `parts` has, by the number of each thing that the module holds, the number of the same thing there.
    """

    first: Object
    parts: Mapping[int, int]


@dataclass(frozen=True, eq=False, slots=True)
class Handed:
    """A variable that a loop assigns: its value as an iteration begins and ends, and the last place that assigns it."""

    entering: Value
    leaving: Value
    place: Place


@dataclass(frozen=True, eq=False, slots=True)
class Kept:
    """A value that something older than the loop keeps: it was added to an attribute, or appended to a list.

    `place` is where the loop does it: the call, where the adding happens inside a function.
    """

    holder: str  # as written
    key: Hashable
    value: Value
    place: Place
    adds: bool


@dataclass(eq=False, slots=True)
class LoopFacts:
    """A loop: what it goes through, as written and as a value, and the operations inside it.

    `iterable` is the loader that it draws from, where there is one, and `through` what it goes through itself. Values
    numbered below `since` were there before it; `block` numbers its body; `target` is its variable, as written.
    `released` are the keys of what the loop itself empties or sets anew.
    """

    text: str
    iterable: Value | None
    place: Place | None = None  # `None` for a comprehension
    since: int = 0
    block: int = 0
    operations: list[Operation] = field(default_factory=list)
    through: Value | None = None
    target: str = ""
    alone: bool = True  # what it goes through can be nothing else
    handed: dict[str, Handed] = field(default_factory=dict)
    kept: list[Kept] = field(default_factory=list)
    released: set[Hashable] = field(default_factory=set)
    frames: int = 0  # calls being followed around the loop


@dataclass(frozen=True, slots=True)
class Turn:
    """A point past which the program goes one way of several.

    `before` numbers the turn that leads here. What lies past it is the body of `loop`, or happens where `condition`
    holds; where neither is known, for reasons that are not followed.
    """

    before: int
    condition: Formula | None = None
    loop: LoopFacts | None = None


@dataclass(eq=False, slots=True)
class Forward:
    """A forward of a model in the source, with what surrounds it."""

    operation: Operation
    model: Value
    functions: tuple[str, ...]
    loops: tuple[LoopFacts, ...]
    inputs: tuple[str, ...]  # as written
    loader: str  # the name of the loader that the input was drawn from
    folded: bool  # other axes were folded into the batch axis of the input, perhaps
    arguments: Arguments
    number: int  # what was made or done before has a smaller one
    called_at: tuple[Place | None, ...] = ()  # where `functions` are called, outermost first


@dataclass(eq=False, slots=True)
class Root:
    """A piece of code that is run from outside: a script's top level, or a function that nothing in the program calls.

    Objects numbered below `since` were made by somebody else; their mode at the start is not known.
    """

    file: File
    name: str
    since: int
    tree: Tree = ()
    forwards: list[Forward] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    loops: list[LoopFacts] = field(default_factory=list)
    loaded: list[Value] = field(default_factory=list)  # models whose weights were read from a checkpoint
    differentiated: set[int] = field(default_factory=set)  # `id` of the forward operations that a backward goes through


@dataclass(eq=False, slots=True)
class Frame:
    """A call that is being replaced by what it does; `functions` are those of all calls around it, and its own.

    `yielded` has what a generator gives, each with the loops of its own around that point; `around` counts those around
    the call.
    """

    function: FunctionValue
    functions: tuple[FunctionValue, ...]
    returned: Value | None = None
    on_yield: Callable[[Value], None] | None = None
    place: Place | None = None  # of the call
    around: int = 0
    yielded: list[tuple[Value, tuple[LoopFacts, ...]]] = field(default_factory=list)
