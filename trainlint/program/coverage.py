"""Which parameters the optimizers of a program hold, and which trained ones none of them does."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass

from trainlint.operations import Kind, Operation, Role
from trainlint.program.anatomy import has_frozen_parameters, layer_of
from trainlint.program.reachable import modules_in
from trainlint.program.readings import parameters_of
from trainlint.program.records import Called, Forward, Graft, Root
from trainlint.program.tensors import Tensor
from trainlint.program.torch_api import BORN_IN_EVAL, MAKES_LEAVES, MODEL_FACTORIES
from trainlint.program.training import optimized
from trainlint.program.values import Items, Object, Unknown, Value

_STEPS = (Kind.OPTIMIZER_STEP, Kind.SCALER_STEP)


@dataclass(frozen=True, slots=True)
class Unheld:
    """A model that a backward goes through, and that no optimizer of the program holds a parameter of.

    `optimizers` are those that step in the loop of its forward, or, outside of loops, in its root, oldest first.
    `used`: the program takes its parameters for a purpose of its own, or gives it others.
    """

    model: Object
    forward: Operation
    optimizers: tuple[Object, ...]
    used: bool


@dataclass(frozen=True, slots=True)
class Surgery:
    """A layer or parameter that was put into a model after the optimizer had taken its parameters, which then steps."""

    graft: Graft
    optimizer: Object


class Coverage:
    """The optimizers of a program, and the modules whose parameters each holds.

    `added` are the calls of `add_param_group`; `used` those that take the parameters of a model for something else than
    clipping, or give it others: such a model may be trained, or was, in a way of its own.
    """

    def __init__(self, objects: Iterable[Object], added: Iterable[Called], used: Iterable[Called]) -> None:
        self._used = {call.receiver.key for call in used if call.receiver is not None}
        self._optimizers = {o.ident: o for o in objects if o.role is Role.OPTIMIZER}
        self._held: dict[int, frozenset[Hashable] | None] = {}
        groups: dict[int, list[Value]] = {}
        self._open = False  # parameters were added to an optimizer of which it is not known which one, or which ones
        for call in added:
            owner = call.receiver
            group = call.arguments.get(0, "param_group")
            if isinstance(owner, Object) and group is not None:
                groups.setdefault(owner.ident, []).append(group)
            else:
                self._open = True
        for ident, optimizer in self._optimizers.items():
            given = [_modules_of(optimizer), *map(parameters_of, groups.get(ident, ()))]
            known = [of for of in given if of is not None]
            self._held[ident] = _closure(v for of in known for v in of) if len(known) == len(given) else None

    def held(self, optimizer: Object) -> frozenset[Hashable]:
        """Return the keys of the modules whose parameters an optimizer holds, and of all modules inside them."""
        return self._held.get(optimizer.ident) or frozenset()

    def unheld(self, root: Root) -> Iterator[Unheld]:
        """Yield the models of a root that are trained and that no optimizer holds, once each."""
        built = {o.optimizer.ident for o in root.operations if o.kind is Kind.BUILD and o.optimizer is not None}
        if self._open or any(self._held.get(ident, ()) is None for ident in built):  # type: ignore[call-overload]
            return
        held: frozenset[Hashable] = frozenset().union(*(self.held(o) for o in self._optimizers.values()))
        seen: set[int] = set()
        for forward in root.forwards:
            model = forward.model
            if not isinstance(model, Object) or model.ident in seen or not _is_trained(forward, root):
                continue
            seen.add(model.ident)
            steps = [
                o for o in (forward.loops[-1].operations if forward.loops else root.operations) if o.kind in _STEPS
            ]
            stepping = {o.optimizer.ident: self._optimizers.get(o.optimizer.ident) for o in steps if o.optimizer}  # type: ignore[call-overload]
            if any(o is None or self._held[o.ident] is None for o in stepping.values()):
                continue
            known = tuple(sorted((o for o in stepping.values() if o and self.held(o)), key=lambda o: o.ident))
            if not known or any(o.optimizer is None for o in steps):
                continue
            parts = _closure([model])
            if has_parameters(model) and not parts & held and not _comes_trained(model):
                yield Unheld(model, forward.operation, known, bool(parts & self._used))

    def surgeries(self, grafts: Iterable[Graft]) -> Iterator[Surgery]:
        """Yield what was put into a model too late for the optimizer that steps afterwards."""
        if self._open:
            return
        for graft in grafts:
            if not (isinstance(graft.value, Tensor) or has_parameters(graft.value)):
                continue
            layers = _closure([graft.value])
            later = [o for o in self._optimizers.values() if o.ident > graft.born]
            if any(self._held[o.ident] is None or self.held(o) & (layers | {graft.owner.key}) for o in later):
                continue
            stepped = {
                operation.optimizer.ident
                for operations in (graft.root.operations[graft.after :], *(loop.operations for loop in graft.loops))
                for operation in operations
                if operation.kind in _STEPS and operation.optimizer is not None
            }
            for optimizer in self._optimizers.values():
                before = optimizer.ident < graft.born and _born(graft.owner) < optimizer.ident
                if before and optimizer.ident in stepped and graft.owner.key in self.held(optimizer):
                    yield Surgery(graft, optimizer)


def _modules_of(optimizer: Object) -> frozenset[Value] | None:
    """Return the modules whose parameters an optimizer was given: none, where it has tensors made by themselves."""
    given = optimizer.arguments.get(0, "params")
    if isinstance(given, Items) and given.complete and all(map(_is_leaf, given.items)):
        return frozenset()
    return optimized(optimizer)


def _is_leaf(value: Value) -> bool:
    made = value.made_by if isinstance(value, Tensor) and not value.graph else None
    return made is not None and MAKES_LEAVES.match(made.name) is not None


def _closure(models: Iterable[Value]) -> frozenset[Hashable]:
    return frozenset(module.key for model in models for module in modules_in(model))


def _born(value: Value) -> int:
    return value.born if isinstance(value, (Object, Unknown)) else 0


def _is_trained(forward: Forward, root: Root) -> bool:
    return forward.operation.grad is True and id(forward.operation) in root.differentiated


def has_parameters(model: Value) -> bool:
    """Tell whether a model holds, for sure, a layer of torch with parameters, or a parameter of its own."""
    for module in modules_in(model):
        layer = layer_of(module)
        if layer is not None and layer.kind in _WITH_PARAMETERS:
            return True
        if isinstance(module, Object) and any(
            isinstance(v, Tensor) and v.made_by is not None and v.made_by.name == "torch.nn.Parameter"
            for v in module.members.values()
        ):
            return True
    return False


def _comes_trained(model: Object) -> bool:
    """Tell whether some of a model may be frozen, or come with weights of its own."""
    if has_frozen_parameters(model):
        return True
    for module in modules_in(model):
        if not isinstance(module, Object):
            return True
        if any(isinstance(part, Unknown) and part.role is Role.MODEL for part in module.members.values()):
            return True
        if isinstance(module.origin, str) and (
            MODEL_FACTORIES.match(module.origin) or BORN_IN_EVAL.match(module.origin)
        ):
            return True
    return False


_WITH_PARAMETERS = {
    *(f"Conv{n}d" for n in (1, 2, 3)),
    *(f"ConvTranspose{n}d" for n in (1, 2, 3)),
    *("Linear", "Bilinear", "Embedding", "EmbeddingBag", "LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell"),
    *("MultiheadAttention", "Transformer", "TransformerEncoder", "TransformerEncoderLayer", "TransformerDecoderLayer"),
}


def misplaced(unheld: Unheld, root: Root) -> Object | None:
    """Return the optimizer that was meant to hold the model: it holds what needs no second optimizer, or none."""
    first: dict[frozenset[Value] | None, Object] = {}
    twin = next((o for o in unheld.optimizers if first.setdefault(optimized(o), o) is not o), None)
    if twin is not None or unheld.used:
        return twin
    reached: set[Hashable] = set()
    for operation in root.operations:
        if operation.kind is Kind.BACKWARD:
            if operation.models is None:
                return None
            reached |= {subject.ident for subject in operation.models}
    idle = [o for o in unheld.optimizers if not {_ident(m) for m in optimized(o) or ()} & reached]
    return idle[-1] if idle else None


def _ident(model: Value) -> Hashable:
    return model.ident if isinstance(model, Object) else model.key
