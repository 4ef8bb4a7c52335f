"""What a tensor went through last: softmax, log-softmax, sigmoid, a linear layer; across forwards and files."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Set
from functools import reduce

from trainlint.finding import Place
from trainlint.frozen import dataclass
from trainlint.program.activations import (
    CLASSIFIERS,
    CLIPS,
    DATA_PARALLEL,
    FUNCTIONS,
    HEADS,
    KEEPS,
    LAYERS,
    LOGS,
    PROBABILITIES,
    Activation,
)
from trainlint.program.layers import sequential_layers
from trainlint.program.methods import GROWN
from trainlint.program.readings import join, readings
from trainlint.program.records import Called
from trainlint.program.tensors import Tensor
from trainlint.program.torch_api import canonical
from trainlint.program.values import (
    HIDDEN,
    NONE,
    ClassValue,
    Constant,
    FunctionValue,
    Items,
    Object,
    OneOf,
    Table,
    Unknown,
    Value,
)

MAX_CHAIN = 48  # calls that one tensor is followed back through


@dataclass(frozen=True, slots=True)
class Passed:
    """What a tensor went through last, as written, and where; `layer` is the module that did it, where one did."""

    kind: Activation
    text: str = ""
    place: Place | None = None
    layer: Object | None = None


class Outputs:
    """Tells what tensors went through.

    `forwards` has what the forward of each module of the program gives, by the module's number; `gave` the calls that
    gave values which are not known, by `id` of the value: a method of something unknown may be a tensor's. `written`
    has the keys of what is overwritten in place, of which nothing is known then; `resized` of what gets other axes so.
    """

    def __init__(
        self,
        forwards: Mapping[int, Value],
        gave: Mapping[int, Called],
        written: Set[Hashable],
        resized: Set[Hashable],
    ) -> None:
        self._forwards = forwards
        self._gave = gave
        self.written = written
        self.resized = resized
        # What was found of a value before, by its `id`; the value is kept with it, so that the `id` stays its own.
        self._known: dict[int, tuple[Value, tuple[Passed, ...]]] = {}

    def passed(self, value: Value, depth: int = MAX_CHAIN) -> tuple[Passed, ...]:
        """Return what a value went through last, one for each way it may have come about; () if one is not known."""
        found: list[Passed] = []
        for reading in readings(value):
            if reading == NONE:  # a loss of nothing would stop the program
                continue
            ways: tuple[Passed, ...] = ()
            if reading.key in self.written:
                return ()
            if id(reading) in self._known:
                ways = self._known[id(reading)][1]
            elif depth > 0 and isinstance(reading, (Tensor, Unknown)):
                ways = self._tensor(reading, depth - 1)
                self._known[id(reading)] = reading, ways
            elif depth > 0 and isinstance(reading, Items) and reading.items:  # joined by `torch.cat`
                parts = [self.passed(item, depth - 1) for item in reading.items]
                ways = tuple(way for part in parts for way in part) if all(parts) else ()
            if not ways:
                return ()
            found.extend(ways)
        return tuple(found)

    def _tensor(self, tensor: Tensor | Unknown, depth: int) -> tuple[Passed, ...]:
        if isinstance(tensor, Tensor) and tensor.taken_from is not None:
            return self.passed(self.opened(tensor, depth), depth)
        call = self.call_of(tensor)
        if call is None:
            return ()
        layer = call.arguments.get(0, "module") if call.name == DATA_PARALLEL else call.callee
        ways = self._layer(layer, depth) if isinstance(layer, (Object, OneOf)) else self._function(call, depth)
        if not _kept(ways):
            return ways
        source = operand(call)
        before = () if source is None else self.passed(source, depth)
        return (*(way for way in ways if way.kind is not Activation.KEPT), *before) if before else ()

    def call_of(self, value: Value) -> Called | None:
        """Return the call that directly gave a value."""
        if isinstance(value, Tensor):
            return value.made_by
        return self._gave.get(id(value)) if isinstance(value, Unknown) else None

    def forward_of(self, module: Object) -> Value:
        """Return what the forward of a module of the program gives."""
        return self._forwards.get(module.ident, HIDDEN)

    def opened(self, tensor: Tensor, depth: int = MAX_CHAIN) -> Value:
        """Return what stands behind a tensor that a forward gave, or that was taken out of what one gave."""
        if tensor.taken_from is not None:
            whole, index = tensor.taken_from
            if index is None or depth <= 0:
                return whole
            given = self.opened(whole, depth - 1)
            return reduce(join, [_taken(reading, index) for reading in readings(given)])
        call = tensor.made_by
        if call is None or not isinstance(call.callee, Object):
            return tensor
        return self._forwards.get(call.callee.ident, tensor)

    def _function(self, call: Called, depth: int) -> tuple[Passed, ...]:
        name = call.name
        home, _, last = name.rpartition(".")
        if name.startswith(("torch.", ".")) or home == "":
            if name in FUNCTIONS:
                return (Passed(FUNCTIONS[name], call.text, call.place),)
            if last == "log" and home in ("", "torch"):
                return self._log(call, depth)
            if last in CLIPS and home in ("", "torch"):
                source = operand(call)
                ways = () if source is None else self.passed(source, depth)
                return ways if all(way.kind in PROBABILITIES for way in ways) else ()
            if keeps_numbers(call):
                return (Passed(Activation.KEPT),)
        return ()

    def _log(self, call: Called, depth: int) -> tuple[Passed, ...]:
        """Return the log of a softmax, or of a sigmoid."""
        source = operand(call)
        ways = () if source is None else self.passed(source, depth)
        if not all(way.kind in LOGS for way in ways):
            return ()
        return tuple(Passed(LOGS[way.kind], call.text, call.place) for way in ways)

    def _layer(self, layer: Value, depth: int) -> tuple[Passed, ...]:
        """Return what a layer makes of its input."""
        found: list[Passed] = []
        for reading in readings(layer):
            ways = self._module(reading, depth - 1) if isinstance(reading, Object) and depth > 0 else ()
            if not ways:
                return ()
            found.extend(ways)
        return tuple(found)

    def _module(self, module: Object, depth: int) -> tuple[Passed, ...]:
        cls = module.origin
        if isinstance(cls, ClassValue):
            if isinstance(cls.member("forward"), FunctionValue):
                return self.passed(self.forward_of(module), depth)
            return self._sequential(module, depth) if "torch.nn.Sequential" in cls.library_bases() else ()
        name = canonical(cls)
        if name == "torch.nn.Sequential":
            return self._sequential(module, depth)
        if CLASSIFIERS.match(name):
            return self._classifier(module, depth)
        kind = LAYERS.get(name.removeprefix("torch.nn."))
        return (Passed(kind, name.rpartition(".")[2], module.place, module),) if kind is not None else ()

    def _sequential(self, module: Object, depth: int) -> tuple[Passed, ...]:
        """Return what the last layers make of the input: the last one, and those before where that changes nothing."""
        grown = module.members.get(GROWN)
        ends = module.arguments.ends if grown is None else grown == Constant(True)
        layers = sequential_layers(module)
        ways: tuple[Passed, ...] = (Passed(Activation.KEPT),) if layers else ()
        for layer in reversed(layers):
            more = self._layer(layer, depth) if ends else ()
            if not more:
                return ()
            ways = (*(way for way in ways if way.kind is not Activation.KEPT), *more)
            if not _kept(ways):
                break
            ends = module.arguments.complete and grown is None
        return ways

    def _classifier(self, module: Object, depth: int) -> tuple[Passed, ...]:
        """Return what a ready-made classifier gives: what its last linear layer does, or what was put in its place."""
        changed = {name: value for name, value in module.members.items() if not name.startswith("__")}
        if not changed:
            return (Passed(Activation.LINEAR, module.origin.rpartition(".")[2], module.place, module),)  # type: ignore[union-attr]
        heads = [value for name, value in changed.items() if name in HEADS]
        return self._layer(heads[0], depth) if len(changed) == len(heads) == 1 else ()


def keeps_numbers(call: Called) -> bool:
    """Tell whether a call of torch leaves each number what it was, or draws between numbers of its kind."""
    home, _, last = call.name.rpartition(".")
    return last in KEEPS and home in ("", "torch", "torch.nn.functional", "torch.autograd")


def operand(call: Called) -> Value | None:
    """Return the tensor that a call is about: the receiver of a method, the first argument of a function or module."""
    if call.receiver is not None:
        return call.receiver
    if call.name == DATA_PARALLEL:
        return call.arguments.get(1, "inputs")
    return call.arguments.get(0, "tensors" if call.name in ("torch.cat", "torch.stack") else "input")


def _kept(ways: tuple[Passed, ...]) -> bool:
    return any(way.kind is Activation.KEPT for way in ways)


def _taken(given: Value, index: int | str) -> Value:
    match given:
        case Items(items=items, complete=True) if isinstance(index, int) and -len(items) <= index < len(items):
            return items[index]
        case Table(pairs=pairs) if index in pairs:
            return pairs[index]
        case Tensor():
            return given
    return HIDDEN
