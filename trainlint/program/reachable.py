"""What can be reached from a value: modules, what trains, and tensors."""

from __future__ import annotations

from collections.abc import Iterable

from trainlint.operations import Role
from trainlint.program.tensors import Tensor
from trainlint.program.values import Constant, External, FunctionValue, Items, Object, OneOf, Table, Unknown, Value

MAX_CLOSURE = 400  # modules of one model that are told apart


def modules_in(value: Value) -> list[Value]:
    """Return a module and all modules it holds; a value that is not known stands for itself."""
    if not isinstance(value, Object):
        asked = value.members.values() if isinstance(value, Unknown) else ()  # parts of it, such as `model.backbone`
        return [value, *(part for part in asked if part.role is Role.MODEL)]
    found: list[Value] = []
    pending: list[Value] = [value]
    seen: set[int] = set()
    while pending and len(seen) < MAX_CLOSURE:
        current = pending.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        kind = type(current)
        if kind is Constant or kind is Unknown:
            continue
        if isinstance(current, Object):
            if current.role is Role.MODEL or current is value:
                found.append(current)
                pending.extend(current.members.values())
                if isinstance(current.origin, str):
                    pending.extend(current.arguments.values())
        elif isinstance(current, OneOf):
            pending.extend(current.readings)
        elif isinstance(current, Items):
            pending.extend(current.items)
        elif isinstance(current, Table):
            pending.extend(current.held)
    return found


_NUMBERS = ("item", "tolist", "numpy")  # methods that give plain numbers, or arrays
_TRAINED = (Role.MODEL, Role.OPTIMIZER, Role.SCHEDULER, Role.SCALER)


def training_objects(values: Iterable[Value], limit: int = 64) -> list[Object | Unknown]:
    """Return the models, optimizers, schedulers and scalers that can be reached from these values."""
    found: list[Object | Unknown] = []
    pending: list[Value] = list(values)
    seen: set[int] = set()
    while pending and len(seen) < limit:
        current = pending.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        kind = type(current)
        if kind is Constant or kind is External:
            continue
        if isinstance(current, Unknown):
            if current.name in _NUMBERS:
                continue
            if current.role is not None and current.role in _TRAINED:
                found.append(current)
            pending.extend(current.parts)
        elif isinstance(current, Object):
            if current.role is not None and current.role in _TRAINED:
                found.append(current)
            if current.role is not Role.MODEL:
                pending.extend(current.members.values())
                pending.extend(current.arguments.values())
        elif isinstance(current, OneOf):
            pending.extend(current.readings)
        elif isinstance(current, Items):
            pending.extend(current.items)
        elif isinstance(current, Table):
            pending.extend(current.held)
        elif isinstance(current, FunctionValue) and current.receiver is not None:
            pending.append(current.receiver)
    return found


def number_from(value: Value) -> Tensor | None:
    """Return the tensor that a plain number, or an array, was taken from: `loss.item()`."""
    if isinstance(value, Unknown) and value.name in _NUMBERS and len(value.parts) == 1:
        return value.parts[0] if isinstance(value.parts[0], Tensor) else None
    return None


def may_have_graph(value: Value) -> bool:
    """Tell whether a value is not known well enough to say which models it came from."""
    match value:
        case Tensor():
            return value.open
        case Unknown():
            return number_from(value) is None and not isinstance(value.default, Constant)
        case OneOf(values):
            return any(map(may_have_graph, values))
        case Items(items=items):
            return any(map(may_have_graph, items))
        case Table():
            return any(map(may_have_graph, value.held))
    return False


def tensors_in(value: Value, depth: int = 8) -> Iterable[Tensor]:
    """Return the tensors that a value is or holds."""
    if depth == 0:
        return ()
    if isinstance(value, Tensor):
        return (value,)
    if isinstance(value, OneOf):
        inside: Iterable[Value] = value.readings
    elif isinstance(value, Items):
        inside = value.items
    elif isinstance(value, Table):
        inside = value.held
    else:
        return ()
    return [tensor for each in inside for tensor in tensors_in(each, depth - 1)]
