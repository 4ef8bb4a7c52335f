"""What a name may be. Values have a `key`: two values with equal keys are the same thing, whatever it is.

Tensors and context managers lie in files of their own.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import TYPE_CHECKING

from trainlint.finding import Place
from trainlint.frozen import dataclass
from trainlint.operations import Role
from trainlint.program import facts
from trainlint.program.contexts import Autocast, Context, Managed
from trainlint.program.tensors import Parameters, Tensor

if TYPE_CHECKING:
    pass


@dataclass(eq=False, slots=True)
class Unknown:
    """A value that is not known.

    `born` numbers the moment at which it came into being; `name` is how the source first called it; `default` is its
    value where the caller or the command line does not say otherwise; `parts` are the values that it was made from or
    belongs to; `members` are the attributes asked of it so far.
    """

    key: Hashable
    born: int
    name: str = ""
    default: Value | None = None
    parts: tuple[Value, ...] = ()
    role: Role | None = None
    members: dict[str, Unknown] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Constant:
    """A value written in the source."""

    value: str | int | float | complex | bool | None

    @property
    def key(self) -> Hashable:
        return ("constant", type(self.value).__name__, self.value)


@dataclass(frozen=True, slots=True)
class External:
    """A name of a library, e.g. `torch.nn.Conv2d`, or of a file that is not part of the program."""

    dotted: str

    @property
    def key(self) -> Hashable:
        return ("external", self.dotted)


@dataclass(eq=False, slots=True)
class Namespace:
    """The variables of a module, a class body or a call, and where they are looked up next."""

    file: File
    outer: Namespace | None
    variables: dict[str, Value] = field(default_factory=dict)
    shared: dict[str, Namespace] = field(default_factory=dict)
    function: str = ""

    def lookup(self, name: str) -> Value | None:
        """Return what a name is bound to, here or further out."""
        namespace: Namespace | None = self
        while namespace is not None:
            if namespace.shared and name in namespace.shared:
                return namespace.shared[name].variables.get(name)
            value = namespace.variables.get(name)
            if value is not None:
                return value
            namespace = namespace.outer
        return None


@dataclass(eq=False, slots=True)
class File:
    """A file of the program; `namespace` is filled when its top-level code has been interpreted.

    `places` has the places in it that were asked for, by their ordinals.
    """

    facts: facts.FileFacts
    module: str
    namespace: Namespace | None = None
    places: dict[int, Place] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class FunctionValue:
    """A function or lambda; `receiver` is what `self` or `cls` is bound to."""

    facts: facts.Function | facts.Lambda
    namespace: Namespace
    receiver: Value | None = None
    owner: ClassValue | None = None
    grad: bool | None = None  # what a decorator such as `@torch.no_grad()` makes of autograd
    autocast: Autocast | None = None  # what a decorator such as `@torch.autocast("cuda")` sets
    manages: bool = False  # decorated with `contextlib.contextmanager`
    remembers: bool = False  # decorated with `functools.cache`: it gives again what it gave

    @property
    def key(self) -> Hashable:
        return ("function", id(self.facts), None if self.receiver is None else self.receiver.key)

    @property
    def name(self) -> str:
        """Return the name of the function."""
        return self.facts.name if isinstance(self.facts, facts.Function) else "lambda"


@dataclass(eq=False, slots=True)
class ClassValue:
    """A class of the program."""

    facts: facts.Class
    namespace: Namespace  # of the class body
    bases: tuple[Value, ...]
    _lineage: tuple[ClassValue, ...] = field(init=False, repr=False)
    _library_bases: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        known = [base for base in self.bases if isinstance(base, ClassValue)]
        self._lineage = (self, *(ancestor for base in known for ancestor in base.lineage()))
        others = [base for each in self._lineage for base in each.bases if not isinstance(base, ClassValue)]
        self._library_bases = tuple([base.dotted if isinstance(base, External) else "" for base in others])

    @property
    def key(self) -> Hashable:
        return ("class", id(self.facts))

    def lineage(self) -> tuple[ClassValue, ...]:
        """Return the class and its bases that are part of the program, nearest first."""
        return self._lineage

    def library_bases(self) -> tuple[str, ...]:
        """Return the dotted names of the bases that are not part of the program; "" for one that is not known."""
        return self._library_bases

    def member(self, name: str) -> Value | None:
        """Return an attribute of the class or of its bases in the program."""
        for ancestor in self._lineage:
            if name in ancestor.namespace.variables:
                return ancestor.namespace.variables[name]
        return None


NO_KEYWORDS: Mapping[str, Value] = MappingProxyType({})  # shared by most calls


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a call.

    `complete` is false where `*args` or `**kwargs` may hide some; `ends` is false where some may stand behind the last
    positional one.
    """

    positional: tuple[Value, ...] = ()
    keyword: Mapping[str, Value] = field(default_factory=dict)
    complete: bool = True
    ends: bool = True

    def get(self, position: int, name: str) -> Value | None:
        """Return the argument, `None` where it is not given for sure, and an unknown value where it may be hidden."""
        if name in self.keyword:
            return self.keyword[name]
        if 0 <= position < len(self.positional):
            return self.positional[position]
        return None if self.complete else HIDDEN

    def values(self) -> tuple[Value, ...]:
        """Return all arguments that are known to be given."""
        return (*self.positional, *self.keyword.values()) if self.keyword else self.positional


@dataclass(eq=False, slots=True)
class Object:
    """Something that the program makes: a module, an optimizer, a loader, an instance of one of its own classes.

    `origin` is the class: one of the program's own, or a library's dotted name. `depth` is how many undecided branches
    and loops surrounded its making: an attribute set deeper than that may or may not hold.
    """

    ident: int
    role: Role | None
    origin: ClassValue | str
    arguments: Arguments
    place: Place | None
    name: str = ""
    depth: int = 0
    members: dict[str, Value] = field(default_factory=dict)

    @property
    def key(self) -> Hashable:
        return ("object", self.ident)

    @property
    def born(self) -> int:
        return self.ident


@dataclass(eq=False, slots=True)
class Items:
    """A list, tuple or set; `complete` is false where there may be more or fewer items than these.

    `made_in` numbers the branch or loop body in which the list was made, `block` that in which it last grew; -1 is
    nowhere.
    """

    kind: str
    items: list[Value]
    ident: int
    complete: bool = True
    block: int = -1
    made_in: int = -1

    @property
    def ends(self) -> bool:
        """Tell whether the last item known is the last one for sure."""
        return self.complete or -1 != self.made_in == self.block

    @property
    def key(self) -> Hashable:
        return ("items", self.ident)


@dataclass(eq=False, slots=True)
class Table:
    """A dict with constant keys; `complete` is false where there may be more, and `rest` has those that are known."""

    pairs: dict[Hashable, Value]
    ident: int
    complete: bool = True
    rest: list[Value] = field(default_factory=list)

    @property
    def held(self) -> list[Value]:
        """Return the values that it is known to hold."""
        return [*self.pairs.values(), *self.rest]

    @property
    def key(self) -> Hashable:
        return ("table", self.ident)


@dataclass(frozen=True, slots=True)
class Method:
    """A method of an object of a library: `optimizer.step`."""

    receiver: Value
    name: str

    @property
    def key(self) -> Hashable:
        return ("method", self.receiver.key, self.name)


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several values."""

    readings: tuple[Value, ...]

    @property
    def key(self) -> Hashable:
        return ("one-of", tuple(reading.key for reading in self.readings))


Value = (
    Unknown
    | Constant
    | External
    | FunctionValue
    | ClassValue
    | Object
    | Items
    | Table
    | Tensor
    | Parameters
    | Method
    | Context
    | Autocast
    | Managed
    | OneOf
)

HIDDEN = Unknown("hidden", 0)
NONE = Constant(None)
