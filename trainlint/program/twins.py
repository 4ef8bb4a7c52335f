"""Modules that were made alike: following the forward of one tells what following that of another would."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING

from trainlint.operations import Role
from trainlint.program.tensors import Tensor
from trainlint.program.values import (
    Arguments,
    ClassValue,
    Constant,
    External,
    FunctionValue,
    Items,
    Method,
    Object,
    OneOf,
    Table,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from trainlint.program.records import Called

MAX_PARTS = 2_000  # modules inside one that are compared
MAX_DEPTH = 40  # modules inside modules
NARROW = 4  # numbers that a layer is made with are all alike beyond this: no rule tells 64 channels from 128
WIDE = "wide"


class Patterns:
    """Tells what of a module can matter to its forward, so that modules with equal patterns are alike.

    `asked` are the words in all functions but constructors: a constant that none of them names is not asked for.
    """

    def __init__(self, asked: frozenset[str]) -> None:
        self._asked = asked
        self._numbers: dict[Hashable, int] = {}
        self._known: dict[int, tuple[int, tuple[Object, ...]]] = {}
        self._open: list[int] = []
        self._met: list[Object] = []

    def of(self, module: Object) -> tuple[int, tuple[Object, ...]]:
        """Return the number of a module's pattern, and the module with what it holds, in the order of the pattern.

        A pattern is taken when it is first asked for; that of a module that is too large is its own.
        """
        known = self._known.get(module.ident)
        if known is None:
            outer, self._met = self._met, [module]
            pattern = self._object(module)
            parts = tuple(self._met)
            self._met = outer
            if len(parts) > MAX_PARTS:
                pattern = ("large", module.ident)
            known = self._known[module.ident] = self._numbers.setdefault(pattern, len(self._numbers)), parts
        return known

    def of_value(self, value: Value) -> Hashable:
        """Return the pattern of a value that a module is given."""
        self._met = []
        return self._value(value)

    def _value(self, value: Value | None) -> Hashable:
        if value is None:
            return None
        match value:
            case Constant() | External() | ClassValue():
                return value.key
            case Object():
                return self._held(value)
            case Tensor():
                flags = (value.sources is None, bool(value.sources), value.scaler is None, bool(value.graph))
                made = None if value.made_by is None else self._made(value.made_by)
                more = value.folded, value.item, value.producer is None, value.open, value.detached, value.cut
                return "tensor", flags, more, made, value.loader is None
            case Unknown():
                born = value.key[0] if isinstance(value.key, tuple) else value.key
                known = None if isinstance(value.default, Unknown) else self._value(value.default)
                made_from = tuple([(type(part), getattr(part, "role", None)) for part in value.parts])
                return "unknown", born, value.name, value.role, known, made_from
            case Items():
                return "items", value.kind, value.complete, value.ends, self._all(value.items)
            case Table():
                return "table", value.complete, tuple(value.pairs), self._all(value.held)
            case OneOf(values):
                return "one-of", self._all(values)
            case Method(receiver, name):
                return "method", self._value(receiver), name
            case FunctionValue():
                bound = self._value(value.receiver)
                return "function", id(value.facts), id(value.namespace), bound, value.grad, value.autocast
        return "other", id(value)

    def _made(self, call: Called) -> Hashable:
        """Return what tells what a tensor went through last: a module of the program, or a certain call."""
        callee = call.callee
        if isinstance(callee, Object) and isinstance(callee.origin, ClassValue):
            return self._held(callee)
        return call.place

    def _held(self, module: Object) -> Hashable:
        if module.ident in self._open:  # it holds itself
            return "around", len(self._open) - self._open.index(module.ident)
        if len(self._open) > MAX_DEPTH:
            return "deep", module.ident
        pattern, parts = self.of(module)
        if len(self._met) <= MAX_PARTS:
            self._met.extend(parts)
        return pattern

    def _object(self, module: Object) -> Hashable:
        self._open.append(module.ident)
        held = [
            (name, self._value(value))
            for name, value in module.members.items()
            if type(value) is not Constant or name in self._asked or isinstance(module.origin, str)
        ]
        if isinstance(module.origin, ClassValue):
            pattern: Hashable = ("own", id(module.origin), tuple(held))
        else:
            made = self._arguments(module.arguments, module.role is Role.MODEL)
            pattern = ("layer", module.origin, module.role, module.place, made, tuple(held))
        self._open.pop()
        return pattern

    def _arguments(self, arguments: Arguments, of_layer: bool) -> Hashable:
        given = [(None, value) for value in arguments.positional]
        named = [*given, *arguments.keyword.items()] if arguments.keyword else given
        values = [(name, WIDE if of_layer and _is_wide(value) else self._value(value)) for name, value in named]
        return arguments.complete, arguments.ends, tuple(values)

    def _all(self, values: Iterable[Value]) -> Hashable:
        return tuple([self._value(value) for value in values])


def _is_wide(value: Value) -> bool:
    return isinstance(value, Constant) and type(value.value) is int and value.value > NARROW
