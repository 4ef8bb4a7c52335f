"""Which functions can have to do with training, told from the words in them and in what they call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any

from trainlint.program import facts

# A function that uses one of these trains, or makes what trains.
_TRAINS = frozenset({"backward", "zero_grad", "unscale_", "clip_grad_norm_", "clip_grad_value_", "DataLoader"})
_GRADIENTS = frozenset({"backward", "autograd"})
_NO_GRAD = frozenset({"no_grad", "inference_mode", "set_grad_enabled"})
_EVALUATES = frozenset({"eval", "load_state_dict"})
_SHUFFLES = frozenset({"shuffle", "randperm", "permutation"})
# Names that a module of torch has as well, or that decorate: meeting them says nothing of a call.
_NOT_NAMES = frozenset({None, "eval", "train", "step", "forward", "main"})


@dataclass(eq=False, slots=True)
class _Words:
    """The words of one function, and the name by which it is reached: its own, or for a method its class's.

    A function inside another is reached by nobody else, and its words are the outer one's as well.
    """

    function: facts.Function
    cls: facts.Class | None
    reached_by: str | None
    used: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Interest:
    """What the words tell of the functions and classes of a program, each by the `id` of its facts."""

    functions: frozenset[int]  # that train or evaluate, or call one which does
    differentiating: frozenset[int]  # classes of which a method computes gradients itself
    asks_for_mode: frozenset[int]  # classes of which a method looks at `training`
    randomising: frozenset[int] = frozenset()  # classes that shuffle, or whose `__getitem__` does not use the index


def find_interest(files: Iterable[facts.FileFacts]) -> Interest:
    """Read the words of all functions of a program."""
    found: list[_Words] = []
    for file in files:
        _collect(file.body, None, (), found)
    pending = [words for words in found if not _trains_or_evaluates(words.used)]
    functions = {id(words.function) for words in found} - {id(words.function) for words in pending}
    known = {words.reached_by for words in found if id(words.function) in functions} - _NOT_NAMES
    while reached := [words for words in pending if not words.used.isdisjoint(known)]:
        functions |= {id(words.function) for words in reached}
        known |= {words.reached_by for words in reached} - _NOT_NAMES
        pending = [words for words in pending if id(words.function) not in functions]
    methods = [words for words in found if words.cls is not None]
    return Interest(
        frozenset(functions),
        frozenset(id(words.cls) for words in methods if not words.used.isdisjoint(_GRADIENTS)),
        frozenset(id(words.cls) for words in methods if "training" in words.used),
        frozenset(id(words.cls) for words in methods if not words.used.isdisjoint(_SHUFFLES) or _picks_itself(words)),
    )


def _trains_or_evaluates(words: set[str]) -> bool:
    return not words.isdisjoint(_TRAINS) or not (words.isdisjoint(_NO_GRAD) or words.isdisjoint(_EVALUATES))


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


def _picks_itself(words: _Words) -> bool:
    """Tell whether this is a `__getitem__` that gives a sample of its own choice, whatever the index is."""
    parameters = words.function.parameters
    return words.function.name == "__getitem__" and len(parameters) == 2 and parameters[1].name not in words.used


def _collect(node: Any, cls: facts.Class | None, owners: tuple[_Words, ...], found: list[_Words]) -> None:
    kind = type(node)
    if kind is tuple:
        for child in node:
            _collect(child, cls, owners, found)
        return
    if kind is facts.Name or kind is facts.Attribute:
        word = node.id if kind is facts.Name else node.name
        for owner in owners:
            owner.used.add(word)
        if kind is facts.Attribute:
            _collect(node.base, cls, owners, found)
        return
    if kind is facts.Class:
        cls = node
    elif kind is facts.Function:
        words = _Words(node, cls, None if owners else node.name if cls is None else cls.name)
        found.append(words)
        owners, cls = (*owners, words), None
    for name in _FIELDS.get(kind, ()):
        _collect(getattr(node, name), cls, owners, found)


_LEAVES = ("ordinal", "operator", "kind", "keyword", "star", "decorators")
_FIELDS: dict[type, tuple[str, ...]] = {
    kind: tuple(f.name for f in fields(kind) if f.name not in _LEAVES)
    for kind in vars(facts).values()
    if isinstance(kind, type) and hasattr(kind, "__dataclass_fields__")
}
