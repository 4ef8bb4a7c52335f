"""The facts of one file: its statements and expressions, without white space, comments or positions.

This is what lowering makes of Python's own syntax tree, once per file. It is small, picklable and hashable by content;
a node that a finding can point to carries its `ordinal`, the number of its position in a table that the file keeps.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import field
from typing import Any

from trainlint.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    id: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a string, a boolean, `None`; `...` and bytes are `Opaque`."""

    value: str | int | float | complex | bool | None


@dataclass(frozen=True, slots=True)
class Attribute:
    base: Expression
    name: str


@dataclass(frozen=True, slots=True)
class Argument:
    """`keyword` is the name, `star` is "", "*" or "**"."""

    value: Expression
    keyword: str | None = None
    star: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    callee: Expression
    arguments: tuple[Argument, ...]
    ordinal: int


@dataclass(frozen=True, slots=True)
class Collection:
    """A tuple, list or set display; `kind` says which."""

    kind: str
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A dict display; a key of `None` is `**value`."""

    pairs: tuple[tuple[Expression | None, Expression], ...]


@dataclass(frozen=True, slots=True)
class Subscript:
    base: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class Unary:
    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic, and the boolean operators `and` and `or`."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison; a chain `a < b < c` is lowered to `a < b and b < c`."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Conditional:
    test: Expression
    then: Expression
    orelse: Expression


@dataclass(frozen=True, slots=True)
class Lambda:
    parameters: tuple[Parameter, ...]
    body: Expression


@dataclass(frozen=True, slots=True)
class Comprehension:
    """`kind` is "list", "set", "dict" or "generator"; each clause is (target, iterable, conditions)."""

    kind: str
    element: Expression
    value: Expression | None
    clauses: tuple[tuple[Expression, Expression, tuple[Expression, ...]], ...]


@dataclass(frozen=True, slots=True)
class Starred:
    value: Expression


@dataclass(frozen=True, slots=True)
class NamedExpression:
    target: Expression
    value: Expression


@dataclass(frozen=True, slots=True)
class Yield:
    """`yield value`, or, with `each`, `yield from value`."""

    value: Expression
    each: bool = False


@dataclass(frozen=True, slots=True)
class Opaque:
    """An expression whose value is not followed; its parts are still evaluated."""

    parts: tuple[Expression, ...] = ()


Expression = (
    Name
    | Literal
    | Attribute
    | Call
    | Collection
    | Dictionary
    | Subscript
    | Unary
    | Binary
    | Comparison
    | Conditional
    | Lambda
    | Comprehension
    | Starred
    | NamedExpression
    | Yield
    | Opaque
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """`star` is "", "*" or "**"."""

    name: str
    default: Expression | None = None
    star: str = ""
    keyword_only: bool = False


@dataclass(frozen=True, slots=True)
class Assign:
    targets: tuple[Expression, ...]
    value: Expression
    ordinal: int


@dataclass(frozen=True, slots=True)
class Augment:
    target: Expression
    operator: str
    value: Expression
    ordinal: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class Evaluate:
    """An expression as a statement, and what an `assert` tests."""

    value: Expression
    ordinal: int = field(default=-1, compare=False)
    asserts: bool = False


@dataclass(frozen=True, slots=True)
class If:
    test: Expression
    then: Block
    orelse: Block


@dataclass(frozen=True, slots=True)
class For:
    target: Expression
    iterable: Expression
    body: Block
    orelse: Block
    ordinal: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class While:
    test: Expression
    body: Block
    orelse: Block
    ordinal: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class With:
    items: tuple[tuple[Expression, Expression | None], ...]
    body: Block


@dataclass(frozen=True, slots=True)
class Try:
    body: Block
    handlers: tuple[Block, ...]
    orelse: Block
    final: Block


@dataclass(frozen=True, slots=True)
class Match:
    subject: Expression
    cases: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Leave:
    """`return`, `raise`, `break` or `continue`."""

    kind: str
    value: Expression | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    targets: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """`global` or `nonlocal`."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Import:
    """`bindings` are (local name, dotted name, whether the dotted name is a module for sure).

    A relative import keeps its leading dots: `from ..data import load` binds `load` to `..data.load`; `from x import *`
    binds `*`.
    """

    bindings: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True)
class Function:
    """`words` are the names and attributes in it, but for those of its decorators."""

    name: str
    parameters: tuple[Parameter, ...]
    decorators: tuple[Expression, ...]
    body: Block
    ordinal: int
    words: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Class:
    name: str
    bases: tuple[Argument, ...]
    decorators: tuple[Expression, ...]
    body: Block
    ordinal: int


Statement = (
    Assign
    | Augment
    | Evaluate
    | If
    | For
    | While
    | With
    | Try
    | Match
    | Leave
    | Delete
    | Share
    | Import
    | Function
    | Class
)
Block = tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What one file says.

    `name` is the file's name as shown to the user; `positions` has four numbers for each ordinal, see `span`;
    `imported` are the dotted names that it imports anywhere, `words` all names and attributes in it.
    """

    name: str
    body: Block
    positions: array[int] = field(default_factory=lambda: array("i"), compare=False, repr=False)
    imported: tuple[str, ...] = field(default=(), compare=False, repr=False)
    words: frozenset[str] = field(default=frozenset(), compare=False, repr=False)

    def span(self, ordinal: int) -> tuple[int, int, int, int]:
        """Return row, column, end row and end column as Python's parser counts: columns in bytes of UTF-8, from 0."""
        row, column, end_row, end_column = self.positions[4 * ordinal : 4 * ordinal + 4]
        return row, column, end_row, end_column


WITHOUT_EFFECT = "(a statement without effect)"  # among the words of a function, where one stands in it


def blocks(statement: Statement) -> tuple[Block, ...]:
    """Return the blocks of a statement that run where it stands: not those of a function or class."""
    inside = _BLOCKS.get(type(statement))
    return () if inside is None else inside(statement)


_BLOCKS: dict[type, Callable[[Any], tuple[Block, ...]]] = {
    If: lambda statement: (statement.then, statement.orelse),
    For: lambda statement: (statement.body, statement.orelse),
    While: lambda statement: (statement.body, statement.orelse),
    With: lambda statement: (statement.body,),
    Try: lambda statement: (statement.body, *statement.handlers, statement.orelse, statement.final),
    Match: lambda statement: statement.cases,
}


def render(expression: Expression) -> str:
    """Return the expression as a person would write it, with `…` for what is not followed."""
    match expression:
        case Name(name):
            return name
        case Literal(value):
            return repr(value)
        case Attribute(base, name):
            return f"{render(base)}.{name}"
        case Call(callee, arguments):
            return f"{render(callee)}({', '.join(map(_render_argument, arguments))})"
        case Subscript(base, index):
            return f"{render(base)}[{render(index)}]"
        case Unary(operator, operand):
            return f"{operator} {render(operand)}" if operator == "not" else f"{operator}{render(operand)}"
        case Binary(operator, left, right) | Comparison(operator, left, right):
            return f"{render(left)} {operator} {render(right)}"
        case Starred(value):
            return f"*{render(value)}"
    return "…"


def _render_argument(argument: Argument) -> str:
    prefix = f"{argument.keyword}=" if argument.keyword else argument.star
    return prefix + render(argument.value)
