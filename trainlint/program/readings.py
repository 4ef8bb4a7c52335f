"""What a value may be, and what is asked of several values alike."""

from __future__ import annotations

from collections.abc import Hashable

from trainlint.frozen import replace
from trainlint.operations import Role
from trainlint.program.tensors import Parameters, Tensor
from trainlint.program.torch_api import role_of_constructor
from trainlint.program.values import (
    Arguments,
    ClassValue,
    External,
    FunctionValue,
    Items,
    Object,
    OneOf,
    Table,
    Unknown,
    Value,
)

MAX_READINGS = 4  # a name that may be more things than this is not known
ANY_OPTIMIZER = External("torch.optim.Optimizer")  # which one is chosen by name
SEVERAL = "one of several models"  # the origin of what may be more models than that


def readings(value: Value) -> tuple[Value, ...]:
    """Return the values that it may be."""
    return value.readings if isinstance(value, OneOf) else (value,)


def join(left: Value, right: Value) -> Value:
    """Return the value that is one or the other."""
    if left is right:
        return left
    if isinstance(left, Items) and isinstance(right, Items):
        shorter, longer = sorted((left, right), key=lambda items: len(items.items))
        if longer.items[: len(shorter.items)] == shorter.items:
            return Items(longer.kind, longer.items, longer.ident, False, -1, longer.made_in)
    merged: dict[Hashable, Value] = {}
    for value in (*readings(left), *readings(right)):
        merged.setdefault(value.key, value)
    if len(merged) == 1:
        return next(iter(merged.values()))
    models = _models(tuple(merged.values()))
    if len(models) > MAX_READINGS:
        return several(models)
    if len(merged) > MAX_READINGS or ANY_OPTIMIZER.key in merged:
        options = tuple(merged.values())
        if all(isinstance(o, External) and role_of_constructor(o.dotted) is Role.OPTIMIZER for o in options):
            return ANY_OPTIMIZER
    if len(merged) > MAX_READINGS:
        plain = all(isinstance(option, Object) and option.role is None for option in options)  # datasets, say
        return Unknown(("joined", tuple(merged)), max(map(newest, options)), parts=options if plain else ())
    return OneOf(tuple(merged.values()))


def _models(values: tuple[Value, ...]) -> tuple[Object, ...]:
    """Return the models that these are, if each of them is one."""
    found: dict[int, Object] = {}
    for value in values:
        if not isinstance(value, Object) or value.role is not Role.MODEL:
            return ()
        options = value.arguments.positional if value.origin == SEVERAL else (value,)
        found.update((option.ident, option) for option in options if isinstance(option, Object))
    return tuple(found.values())


def several(models: tuple[Object, ...]) -> Object:
    """Return one of many models, as a factory makes them by name; it is as old as the newest of them."""
    last = max(models, key=lambda model: model.ident)
    return Object(last.ident, Role.MODEL, SEVERAL, Arguments(models), last.place, last.name, last.depth)


def newest(value: Value) -> int:
    """Return the number of the newest thing in the value."""
    if isinstance(value, OneOf):
        return max(newest(reading) for reading in value.readings)
    return getattr(value, "born", 0)


def terms_of(value: Value, depth: int = 8) -> frozenset[int]:
    """Return the numbers of what arithmetic made a value from, as far as that matters from iteration to iteration."""
    match value:
        case Tensor(terms=terms):
            return terms
        case Unknown(key=("carried", int() as number)):
            return frozenset({number})
        case OneOf(values) | Unknown(key=("arithmetic", *_), parts=values) if depth:
            return frozenset().union(*(terms_of(part, depth - 1) for part in values))
    return frozenset()


def parameters_of(value: Value, depth: int = 8) -> frozenset[Value] | None:
    """Return the modules whose parameters these are."""
    if depth == 0:
        return None
    match value:
        case Parameters(of):
            return of
        case Items(items=items) if value.complete and items:
            found: set[Value] = set()
            for item in items:
                of = parameters_of(item, depth - 1)
                if of is None:
                    return None
                found |= of
            return frozenset(found)
        case OneOf(values):
            options = [parameters_of(option, depth - 1) for option in values]
            return None if None in options else frozenset().union(*(o for o in options if o is not None))
        case Object(origin="itertools.chain" | "builtins.list" | "builtins.tuple", arguments=arguments):
            given = Items("list", list(arguments.positional), value.ident)
            return parameters_of(given, depth - 1) if arguments.complete else None
        case Table(pairs=pairs) if "params" in pairs:
            return parameters_of(pairs["params"], depth - 1)
    return None


def bound(instance: Object, name: str) -> FunctionValue | None:
    """Return a method that the program defines, bound to an instance of one of its classes."""
    member = instance.origin.member(name) if isinstance(instance.origin, ClassValue) else None
    return replace(member, receiver=instance) if isinstance(member, FunctionValue) else None


def merge(ends: list[dict[str, Value]]) -> dict[str, Value]:
    """Return what each variable may be where several ways, each with its variables, come together."""
    merged = dict(ends[0])
    for end in ends[1:]:
        for name, value in end.items():
            known = merged.get(name)
            if known is not value:
                merged[name] = value if known is None else join(known, value)
    return merged
