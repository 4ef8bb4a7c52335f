"""Which backward passes keep a graph that nobody goes through again."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence

from trainlint.program.iterations import Pass
from trainlint.program.reachable import modules_in, number_from, tensors_in
from trainlint.program.records import Assigned, Called, LoopFacts, Root, Turn
from trainlint.program.remembering import remembered_members
from trainlint.program.rhythm import exclude_each_other
from trainlint.program.tensors import Tensor
from trainlint.program.values import ClassValue, Constant, External, Items, Object, OneOf, Table, Unknown, Value

MAX_INGREDIENTS = 200  # values that one loss is followed back through; nothing is said of a larger one


def retained_in_vain(
    passes: Sequence[Pass],
    differentiations: Sequence[Called],
    assigned: Sequence[Assigned],
    turns: Mapping[int, Turn],
    classes: Sequence[ClassValue],
) -> Iterator[tuple[Pass, bool]]:
    """Yield the passes that retain a graph of their own iteration, through which no other backward goes.

    With each, whether that is sure: a model that is not known could keep a part of the graph to itself.
    """
    for each in passes:
        root, loop = each.called.root, each.loop
        if root is None or loop is None or not each.loss.graph:
            continue
        if each.asks_for(1, "retain_graph") is not True or each.asks_for(2, "create_graph") is not False:
            continue
        others = [c for c in differentiations if c.root is root and c.place != each.called.place]
        kept = [a.value for a in assigned] + [k.value for outer in root.loops for k in outer.kept]
        anew = _is_made_anew(each.loss, root, loop, classes)
        if (
            anew is not None
            and not any(
                _may_share(called, each.loss) and not exclude_each_other(turns, called.turn, each.called.turn)
                for called in others
            )
            and not any(tensor.graph & each.loss.graph for value in kept for tensor in tensors_in(value))
        ):
            yield each, anew


def _may_share(other: Called, loss: Tensor) -> bool:
    """Tell whether another differentiation may go through the graph of a loss."""
    receiver = other.receiver
    given: Value | None = receiver if isinstance(receiver, Tensor) else other.arguments.get(0, "outputs")
    tensors = [] if given is None else list(tensors_in(given))
    if not tensors:
        return True
    return any(tensor.open or tensor.graph & loss.graph for tensor in tensors)


def _is_made_anew(loss: Tensor, root: Root, loop: LoopFacts, classes: Sequence[ClassValue]) -> bool | None:
    """Tell whether all that a loss is computed from, and that may have a graph, is computed in each iteration.

    True where that is sure, and false where the code gives no sign of anything else; `None` where it may be otherwise.
    """
    drawn = {key for outer in root.loops for key in _drawn_from(outer.iterable)}
    inside = {id(operation) for operation in loop.operations}
    forwards = {id(f.operation): f for f in root.forwards if id(f.operation) in loss.graph}
    if not loss.graph <= inside or not loss.graph <= forwards.keys():
        return None
    pending: list[Value] = [loss]
    sure = True
    for forward in forwards.values():
        modules = modules_in(forward.model)
        if not all(_has_no_memory(module, classes) for module in modules):
            return None
        sure = sure and not any(isinstance(module, Unknown) for module in modules)
        pending.extend(forward.arguments.values())
    seen: set[int] = set()
    while pending:
        value = pending.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if len(seen) > MAX_INGREDIENTS:
            return None
        match value:
            case Constant() | External():
                continue
            case Tensor() if value.detached:
                continue
            case Tensor() if value.ident > loop.since and (value.parts or value.graph):
                pending.extend(value.parts)
            case Items(items=items) if value.complete or value.ident > loop.since:
                pending.extend(items)
            case Table() if value.complete or value.ident > loop.since:
                pending.extend(value.held)
            case OneOf(values):
                pending.extend(values)
            case Unknown() if _is_number(value) or _is_drawn(value, drawn):
                continue
            case Object(role=None, origin=ClassValue() as cls) if not any(map(_remembers, cls.lineage())):
                sure = False
            case Unknown(key=("arithmetic" | "call", *_), parts=parts) if parts:
                pending.extend(parts)
            case Unknown(parts=parts) if parts and value.born > loop.since:
                sure = sure and isinstance(parts[0], (External, Tensor))  # a library's function, a part of a tensor
                pending.extend(parts)
            case _:
                return None
    return sure


def _drawn_from(iterable: Value | None, depth: int = 4) -> Iterator[Hashable]:
    """Yield the keys of what a loop goes through, and of what that wraps: `enumerate(tqdm(loader))`."""
    if iterable is not None:
        yield iterable.key
    if isinstance(iterable, Object) and isinstance(iterable.origin, str) and depth:
        for inner in iterable.arguments.values():
            yield from _drawn_from(inner, depth - 1)


def _is_drawn(value: Value, drawn: set[Hashable], depth: int = 6) -> bool:
    """Tell whether a value that is not known comes out of the data that the loops go through."""
    if value.key in drawn:
        return True
    return isinstance(value, Unknown) and depth > 0 and any(_is_drawn(p, drawn, depth - 1) for p in value.parts)


def _is_number(value: Unknown) -> bool:
    """Tell whether a value that is not known has no graph: a size, the answer to a test, an option with a default.

    An attribute of something that is given from outside, and that nobody has told anything, is taken for an option.
    """
    match value.key:
        case ("shape" | "truth", *_):
            return True
        case ("member", ("shape", *_) | ("unknown" | "member", *_), *_) if not value.parts:
            return True
    return number_from(value) is not None or isinstance(value.default, Constant)


def _has_no_memory(module: Value, classes: Sequence[ClassValue]) -> bool:
    """Tell whether a module cannot hand tensors from one forward to the next through its attributes.

    One that is not known is of a library, or made by the program in a way that is not followed: then it is none of
    the modules that remember, where there are none.
    """
    if not isinstance(module, Object):
        return not any(_remembers(cls) for cls in classes if _is_module(cls))
    return isinstance(module.origin, str) or not any(map(_remembers, module.origin.lineage()))


def _remembers(cls: ClassValue) -> bool:
    return bool(remembered_members(cls.facts))


def _is_module(cls: ClassValue) -> bool:
    return any(not base or base.startswith("torch.nn.") for base in cls.library_bases())
