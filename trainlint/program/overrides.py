"""How the program's modules override methods of `torch.nn.Module`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass

from trainlint.finding import Place
from trainlint.program import facts
from trainlint.program.values import ClassValue, FunctionValue


@dataclass(frozen=True, slots=True)
class Override:
    """A method of `torch.nn.Module` that a class of the program defines itself.

    `calls` are all calls inside it; `words` the names that it reads or sets; `parts` those of which it sets the
    attribute `training`; `kept` the names that are only read to become such a flag; `returns` tells whether it returns
    a value anywhere.
    """

    cls: ClassValue
    place: Place
    parameters: tuple[facts.Parameter, ...]  # but for `self`
    calls: tuple[facts.Call, ...]
    words: frozenset[str]
    parts: frozenset[facts.Expression]
    kept: frozenset[str]
    returns: bool
    is_empty: bool  # but for a `return` of a plain value

    def calls_of(self, *names: str) -> list[facts.Call]:
        """Return the calls of methods of these names, of whatever they are called on."""
        return [c for c in self.calls if isinstance(c.callee, facts.Attribute) and c.callee.name in names]


def override(cls: ClassValue, name: str) -> Override | None:
    """Return how a module class defines a method; `None` where it is no module, or leaves the method as it is."""
    value = cls.namespace.variables.get(name)
    if not any(base.startswith("torch.nn.") for base in cls.library_bases()):
        return None
    if not isinstance(value, FunctionValue) or not isinstance(value.facts, facts.Function) or value.facts.decorators:
        return None
    nodes = list(inside(value.facts.body))
    assigned = [(target, node.value) for node in nodes if isinstance(node, facts.Assign) for target in node.targets]
    flags = [(t.base, value) for t, value in assigned if isinstance(t, facts.Attribute) and t.name == "training"]
    return Override(
        cls,
        Place(value.namespace.file.facts.name, value.facts.ordinal),
        value.facts.parameters[1:],
        tuple(node for node in nodes if isinstance(node, facts.Call)),
        frozenset(node.id for node in nodes if isinstance(node, facts.Name)),
        frozenset(base for base, _ in flags),
        frozenset(v.id for _, v in flags if isinstance(v, facts.Name) and nodes.count(v) == 1),
        any(isinstance(node, facts.Leave) and node.kind == "return" and node.value is not None for node in nodes),
        all(isinstance(node, (facts.Leave, facts.Name, facts.Literal)) for node in nodes),
    )


def inside(node: object) -> Iterator[object]:
    """Yield all statements and expressions inside a block, or inside one of them."""
    if isinstance(node, tuple):
        for part in node:
            yield from inside(part)
    elif is_dataclass(node):
        yield node
        for field in fields(node):
            yield from inside(getattr(node, field.name))
