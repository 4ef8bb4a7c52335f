"""How a fix changes the source: edits that a rule describes by place and code, and `trainlint.fixing` applies."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from trainlint.finding import Location, Place


@dataclass(frozen=True, slots=True)
class Written:
    """What the user's code calls something where an edit is made.

    `uses` tell it by calls of the same function: `X.scale` is what `scale` is called on, `_.step(X)` what a `step` is
    given, `{scaler}.step(X)` what the step of that is given, whose own name came before. With `at`, only the call
    there counts. `name` is what the facts call it: it decides between several, and serves where there is none, if it
    means something at the place of the edit.
    """

    name: str
    uses: tuple[str, ...] = ()
    at: Place | Location | None = None


Names = tuple[tuple[str, Written], ...]
"""What stands for `{scaler}`, `{optimizer}` and the like in the code of an edit; `{torch.nn.Linear}` needs no entry."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Put other code in place of an expression; `{}` is the expression as it stands.

    `{base}` is what the method is called on, `{first}` the first argument, `{inner}` the tensor of these two. `part`:
    of a statement, the `value` that it assigns; of a statement or a call that adds to something, what is `added`. Code
    that assigns is a statement then.
    """

    at: Place | Location
    code: str
    names: Names = ()
    part: str = ""


@dataclass(frozen=True, slots=True)
class Rename:
    """Give an attribute that a statement assigns another name."""

    at: Place | Location
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class CallInstead:
    """Call a method, with the value, where an attribute is assigned: `a.b = v` becomes `a.method(v)`."""

    at: Place | Location
    method: str


@dataclass(frozen=True, slots=True)
class SetArgument:
    """Give an argument of a call another value, or give it; `code` of `None` leaves it out."""

    at: Place | Location
    name: str
    code: str | None
    position: int = -1
    names: Names = ()


@dataclass(frozen=True, slots=True)
class CallOther:
    """Call another function of a library than the one `written`, imported as the file does it.

    It may ask for a new first argument, or for a keyword.
    """

    at: Place | Location
    written: str
    dotted: str
    first: str = ""
    keyword: str = ""


@dataclass(frozen=True, slots=True)
class Insert:
    """Put a statement `before` or `after` the one at a place.

    `holds`: a place that has to lie inside the one at `at`; where it does not, it is taken in its stead.
    `twice`: what to do where the function has the same statement already: "insert" it again, "refuse" to, or "skip" it
    where the other one comes later.
    """

    at: Place | Location
    code: str
    where: str
    names: Names = ()
    twice: str = "insert"
    holds: Place | Location | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """Put the statement at a place behind another one: in the same block, or in a loop that follows in that block."""

    at: Place | Location
    behind: Place | Location


@dataclass(frozen=True, slots=True)
class Enter:
    """Make a statement that only makes a context a `with` around what follows it in its block."""

    at: Place | Location


@dataclass(frozen=True, slots=True)
class Cover:
    """Put the statement at a place under `with`, of a context of a library that takes no argument.

    `holds`: a place that has to lie inside the statement.
    """

    at: Place | Location
    dotted: str
    holds: Place | Location


Edit = Rewrite | Rename | CallInstead | SetArgument | CallOther | Insert | Move | Enter | Cover

_T = TypeVar("_T", bound="Edit | Written")


def relocated(edit: _T, locate: Callable[[Place | Location], Location]) -> _T:
    """Return the edit with every place in it resolved."""
    changes: dict[str, object] = {}
    for field in fields(edit):
        value = getattr(edit, field.name)
        if field.name in ("at", "behind", "holds") and value is not None:
            changes[field.name] = locate(value)
        elif field.name == "names":
            changes["names"] = tuple((hole, relocated(written, locate)) for hole, written in value)
    return replace(edit, **changes)  # type: ignore[arg-type]
