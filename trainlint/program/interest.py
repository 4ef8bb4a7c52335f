"""Which functions can have to do with training, told from the words in them and in what they call."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import fields
from typing import Any

from trainlint.frozen import dataclass
from trainlint.program import facts

# A function that uses one of these trains, or makes what trains, or was meant to do more than it does.
_TRAINS = frozenset(
    {"backward", "zero_grad", "unscale_", "clip_grad_norm_", "clip_grad_value_", "DataLoader", facts.WITHOUT_EFFECT}
)
_GRADIENTS = frozenset({"backward", "autograd"})
_NO_GRAD = frozenset({"no_grad", "inference_mode", "set_grad_enabled"})
_EVALUATES = frozenset({"eval", "load_state_dict"})
_LOSS_OF_LOGITS = frozenset({"binary_cross_entropy", "sigmoid"})  # a mistake, perhaps, whoever calls the function
_SHUFFLES = frozenset({"shuffle", "randperm", "permutation"})
# Names that a module of torch has as well, or that decorate: meeting them says nothing of a call.
_NOT_NAMES = frozenset({None, "eval", "train", "step", "forward", "main"})


@dataclass(frozen=True, slots=True)
class _Definition:
    """A function, and the name by which it is reached: its own, or for a method its class's.

    A function inside another is reached by nobody else, and its words are the outer one's as well. Who makes a module
    does not train: its `__init__` is reached by nobody, and its methods are by their own names.
    """

    function: facts.Function
    cls: facts.Class | None
    reached_by: str | None


@dataclass(frozen=True, slots=True)
class Interest:
    """What the words tell of the functions and classes of a program, each by the `id` of its facts."""

    functions: frozenset[int]  # that train or evaluate, or call one which does
    differentiating: frozenset[int]  # classes of which a method computes gradients itself
    asks_for_mode: frozenset[int]  # classes of which a method looks at `training`
    randomising: frozenset[int] = frozenset()  # classes that shuffle, or whose `__getitem__` does not use the index
    asked: frozenset[str] = frozenset()  # the words in all functions but constructors


def find_interest(files: Iterable[facts.FileFacts]) -> Interest:
    """Read the words of all functions of a program."""
    bodies = [file.body for file in files]
    modules = _modules(bodies)
    found = [each for body in bodies for each in _definitions(body, None, False, modules)]
    seeds = [each for each in found if _trains_or_evaluates(each.function.words)]
    functions = {id(each.function) for each in seeds}
    known = {each.reached_by for each in seeds} - _NOT_NAMES
    pending = [each for each in found if id(each.function) not in functions]
    while reached := [each for each in pending if not known.isdisjoint(each.function.words)]:
        functions.update(id(each.function) for each in reached)
        known |= {each.reached_by for each in reached} - _NOT_NAMES
        pending = [each for each in pending if id(each.function) not in functions]
    methods = [each for each in found if each.cls is not None]
    return Interest(
        frozenset(functions),
        frozenset(id(each.cls) for each in methods if not _GRADIENTS.isdisjoint(each.function.words)),
        frozenset(id(each.cls) for each in methods if "training" in each.function.words),
        frozenset(
            id(each.cls)
            for each in methods
            if not _SHUFFLES.isdisjoint(each.function.words) or _picks_itself(each.function)
        ),
        frozenset().union(*(each.function.words for each in found if each.function.name != "__init__")),
    )


def method_calls(node: Any, name: str) -> Iterator[facts.Call]:
    """Yield the calls of a method of this name in a block, a statement or an expression, and inside its functions."""
    kind = type(node)
    if kind is tuple:
        for child in node:
            yield from method_calls(child, name)
        return
    if kind is facts.Call and isinstance(node.callee, facts.Attribute) and node.callee.name == name:
        yield node
    for field_name in _FIELDS.get(kind, ()):
        yield from method_calls(getattr(node, field_name), name)


def words_in(node: Any) -> Iterator[str]:
    """Yield the names and attributes that some facts mention."""
    kind = type(node)
    if kind is tuple:
        for child in node:
            yield from words_in(child)
    elif kind is facts.Name:
        yield node.id
    else:
        if kind is facts.Attribute:
            yield node.name
        for name in _FIELDS.get(kind, ()):
            yield from words_in(getattr(node, name))


def functions_left_out(node: Any, followed: Container[int]) -> Iterator[facts.Function | facts.Lambda]:
    """Yield the outermost functions in some facts that were not followed; those followed by the `id` of their facts."""
    kind = type(node)
    if kind is tuple:
        for child in node:
            yield from functions_left_out(child, followed)
    elif kind in (facts.Function, facts.Lambda) and id(node) not in followed:
        yield node
    else:
        for name in _FIELDS.get(kind, ()):
            yield from functions_left_out(getattr(node, name), followed)


def _trains_or_evaluates(words: tuple[str, ...]) -> bool:
    if not _TRAINS.isdisjoint(words) or _LOSS_OF_LOGITS.issubset(words):
        return True
    return not (_NO_GRAD.isdisjoint(words) or _EVALUATES.isdisjoint(words))


def _picks_itself(function: facts.Function) -> bool:
    """Tell whether this is a `__getitem__` that gives a sample of its own choice, whatever the index is."""
    parameters = function.parameters
    return function.name == "__getitem__" and len(parameters) == 2 and parameters[1].name not in function.words


def _definitions(
    block: facts.Block, cls: facts.Class | None, inside: bool, modules: frozenset[str]
) -> Iterator[_Definition]:
    """Yield the functions that statements define; `inside` a function, nobody else reaches them."""
    for statement in block:
        if isinstance(statement, facts.Function):
            yield _Definition(statement, cls, None if inside else _reached_by(statement.name, cls, modules))
            yield from _definitions(statement.body, None, True, modules)
        elif isinstance(statement, facts.Class):
            yield from _definitions(statement.body, statement, inside, modules)
        else:
            for inner in facts.blocks(statement):
                yield from _definitions(inner, cls, inside, modules)


def _reached_by(name: str, cls: facts.Class | None, modules: frozenset[str]) -> str | None:
    if cls is None:
        return name
    if cls.name not in modules or name in _NOT_NAMES:
        return cls.name
    if name == "__init__":
        return None
    return cls.name if name.startswith("__") else name


def _modules(bodies: Iterable[facts.Block]) -> frozenset[str]:
    """Return the names of the classes that are modules, as far as the names of their bases tell."""
    classes = [cls for body in bodies for cls in _classes(body)]
    known = {"Module", "Sequential", "ModuleList"}
    while more := {name for name, bases in classes if name not in known and not known.isdisjoint(bases)}:
        known |= more
    return frozenset(known)


def _classes(block: facts.Block) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the classes that statements define, each with the last words of its bases."""
    for statement in block:
        if isinstance(statement, facts.Class):
            yield statement.name, tuple(facts.render(base.value).rpartition(".")[2] for base in statement.bases)
        if isinstance(statement, (facts.Class, facts.Function)):
            yield from _classes(statement.body)
        else:
            for inner in facts.blocks(statement):
                yield from _classes(inner)


_LEAVES = ("ordinal", "operator", "kind", "keyword", "star", "decorators", "words")
_FIELDS: dict[type, tuple[str, ...]] = {
    kind: tuple(f.name for f in fields(kind) if f.name not in _LEAVES)
    for kind in vars(facts).values()
    if isinstance(kind, type) and hasattr(kind, "__dataclass_fields__")
}
