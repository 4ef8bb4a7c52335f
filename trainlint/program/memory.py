"""What the interpreter remembers: what the program makes and does, and what is said of it elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, MutableMapping
from itertools import pairwise
from typing import Any

from trainlint.finding import Place
from trainlint.operations import Role, Subject
from trainlint.program import facts
from trainlint.program.interest import Interest
from trainlint.program.project import Project
from trainlint.program.reachable import may_have_graph, number_from, tensors_in, training_objects
from trainlint.program.records import Application, Assigned, Called, Graft, Kept, Mentioned, Root, Turn, Twin
from trainlint.program.situation import Situation
from trainlint.program.tensors import Cut, Tensor
from trainlint.program.traces import Traces
from trainlint.program.values import (
    ClassValue,
    Constant,
    External,
    File,
    Items,
    Method,
    Object,
    OneOf,
    Table,
    Unknown,
    Value,
)

NONE_OF_THEM: frozenset[Any] = frozenset()  # shared: most tensors come from no model


class Memory:
    """What has been interpreted so far, in the order in which it came into being."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.here = Situation()
        self.roots: list[Root] = []
        self.objects: list[Object] = []
        self.classes: list[ClassValue] = []
        self.invoked: set[int] = set()  # `id` of the functions that something in the program calls
        self.interest = Interest(frozenset(), frozenset(), frozenset())
        self.turns: dict[int, Turn] = {}
        self.skipped: list[tuple[File, facts.Block]] = []  # what is never reached, as a test that is known decides
        self.turn_of: dict[int, int] = {}  # by the `id` of an operation
        self.handed: set[int] = set()  # `ident` of the schedulers that something which is not followed may step
        self.taken_apart: set[int] = set()  # containers of layers that the program goes through one by one
        self.applications: list[Application] = []
        self.reads: Counter[int] = Counter()  # how often the output of each application is read from a variable
        self.calls: dict[str, list[Called]] = {}  # by what is called
        self.grafts: list[Graft] = []
        self.settings: dict[int, frozenset[str]] = {}  # of the scopes that have some, by the `id` of their block
        self.statement: facts.Expression | None = None  # the expression whose value nobody takes
        self.slices: list[tuple[Value, Value]] = []  # what was sliced, and the slice
        self.sliced: dict[int, list[Value]] = {}  # what was sliced, by the `id` of the slice
        self.neighbours: set[tuple[int, int]] = set()  # objects that stand one behind the other in some list
        self.tried: facts.Statement | None = None  # the first statement of a `try`: it may be there only to fail
        self.mentioned: list[Mentioned] = []
        self.assigned: list[Assigned] = []
        self.looked_at: set[tuple[int, str]] = set()  # objects and their attributes that are read, but not to call them
        self.used: set[tuple[int, str]] = set()  # the same, of what is read inside a forward
        self.outputs: dict[int, Value] = {}  # what the forward of each module gives, by the module's number
        self.traces: Traces | None = None  # while forwards are followed: those that were followed before
        self.retraced: list[tuple[int, int, Object]] = []  # calls, from … to …, that are in this module, too
        self.cuts = 0  # calls that were not followed, as they go round in circles or too deep
        self.moulds: dict[Hashable, object] = {}  # what instances are made of again, by what they are made from
        self.moulding = 0  # instances being made to that end
        self.oldest_changed = 0  # the number of the oldest thing changed meanwhile
        self.paired: list[tuple[int, int]] = []  # the neighbours, in the order in which they were noted
        self.twins: dict[int, Twin] = {}  # of modules whose forward is not followed, by the module's number
        self.written: set[Hashable] = set()  # keys of what is overwritten in place
        self.resized: set[Hashable] = set()  # the same, of tensors whose axes are changed in place
        self.leaves: set[int] = set()  # numbers of the tensors that were told to require gradients
        self.called_from: Place | None = None  # where the function is called that is about to be followed
        self.subjects: dict[tuple[Role, int, str], Subject] = {}  # of objects; many operations concern the same
        self.closures: dict[tuple[int, ...], frozenset[Subject]] = {}  # sets of them, by the `id` of each
        self.changing: dict[int, frozenset[str]] = {}  # by the `id` of a class's facts, attributes that methods assign
        self._count = 0
        self._scheduled = False
        self._looked_through = 0  # of the objects, in search of a scheduler

    def number(self) -> int:
        """Return the next number: values and objects are numbered in the order in which they come into being."""
        self._count += 1
        return self._count

    def skip(self, count: int) -> int:
        """Return the first of the next numbers, all of which are given away at once."""
        self._count += count
        return self._count - count + 1

    def note_change(self, value: Value) -> None:
        """Remember, while instances are made to be made again, what may have been changed meanwhile."""
        if self.moulding:
            number = value.born if isinstance(value, Unknown) else getattr(value, "ident", 0)
            self.oldest_changed = min(self.oldest_changed, number)

    def unknown(self, name: str = "", *parts: Value) -> Unknown:
        """Return a new value that is not known, made from `parts`."""
        born = self.number()
        return Unknown(("unknown", born), born, name, parts=parts)

    def forget_constants(self, named: MutableMapping[Any, Value]) -> None:
        """Take constants as not known, where code that is not followed may have set them."""
        for name, value in named.items():
            if isinstance(value, Constant) and not str(name).startswith("__"):
                named[name] = self.unknown(str(name))

    def tensor(self, *sources: Value) -> Tensor:
        """Return a new tensor computed from `sources`."""
        models: set[Value] = set()
        scaler: Value | None = None
        loader: Value | None = None
        known, folded, item, open_ = True, False, False, False
        cut: Cut | None = None
        graph: set[int] = set()
        for source in sources:
            open_ = open_ or may_have_graph(source)
            for tensor in tensors_in(source):
                cut = cut or tensor.cut
                graph |= tensor.graph
                folded = folded or tensor.folded
                item = item or tensor.item
                loader = loader or tensor.loader
                scaler = scaler or tensor.scaler
                if tensor.sources is None:
                    known = False
                else:
                    models |= tensor.sources
        known_models = (frozenset(models) if models else NONE_OF_THEM) if known else None
        number = self.number()
        if self.here.grad is False:
            cut = cut or (Cut("torch.no_grad()", None) if graph else None)
            graph, open_, detached = set(), False, True
        else:
            detached = bool(sources) and not any(map(self.may_be_differentiated, sources))
        return Tensor(
            number,
            known_models,
            scaler,
            loader,
            frozenset(graph) if graph else NONE_OF_THEM,
            folded,
            item,
            parts=sources,
            open=open_,
            detached=detached,
            cut=cut if detached else None,
            terms=frozenset({number}) if graph else NONE_OF_THEM,
        )

    def may_be_differentiated(self, value: Value) -> bool:
        """Tell whether a value may have a graph behind it, or be a leaf that gets gradients."""
        match value:
            case Constant() | External():
                return False
            case Tensor():
                return not value.detached or value.ident in self.leaves
            case Items(items=items) if value.complete:
                return any(map(self.may_be_differentiated, items))
            case Unknown():
                return number_from(value) is None
        return True

    def hand_over(self, values: Iterable[Value]) -> None:
        """Remember that something which is not followed has these values, and may step the schedulers among them."""
        if not self.makes_schedulers():
            return
        held = [v.receiver if isinstance(v, Method) else v for v in values]
        held = [v for v in held if isinstance(v, (Object, OneOf, Items, Table))]
        if held:
            schedulers = (o for o in training_objects(held) if o.role is Role.SCHEDULER)
            self.handed.update(o.ident for o in schedulers if isinstance(o, Object))

    def makes_schedulers(self) -> bool:
        """Tell whether there is a scheduler among the objects made so far."""
        while not self._scheduled and self._looked_through < len(self.objects):
            self._scheduled = self.objects[self._looked_through].role is Role.SCHEDULER
            self._looked_through += 1
        return self._scheduled

    def note_neighbours(self, items: list[Value]) -> None:
        """Remember that these stand one behind the other, whatever else their list comes to hold."""
        for first, second in pairwise(items):
            if isinstance(first, Object) and isinstance(second, Object):
                self.neighbours.add((first.ident, second.ident))
                self.paired.append((first.ident, second.ident))

    def note_read(self, value: Value) -> None:
        """Count, inside a forward, that a variable that holds a layer's output is read."""
        if isinstance(value, Object):
            return
        for tensor in tensors_in(value):
            if tensor.producer is not None:
                self.reads[tensor.producer] += 1

    def note_kept(self, holder: str, key: Hashable, value: Value, place: Place, born: int, adds: bool) -> None:
        """Tell the loops that are younger than what keeps a value."""
        for loop in self.here.loops:
            if born < loop.since:
                call = self.here.frames[loop.frames].place if len(self.here.frames) > loop.frames else None
                loop.kept.append(Kept(holder, key, value, call or place, adds))

    def note_released(self, value: Value) -> None:
        """Tell the loops around this point that they empty a list."""
        for loop in self.here.loops:
            loop.released.add(value.key)
