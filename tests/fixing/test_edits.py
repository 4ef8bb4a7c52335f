"""Edits: where statements go, and which names they use."""

from __future__ import annotations

import pytest

from trainlint.edit import CallOther, Edit, Enter, Insert, Move, Names, Written
from trainlint.finding import Location
from trainlint.fixing.edits import apply
from trainlint.fixing.tree import CannotEditError, Tree


def at(text: str, code: str) -> Location:
    """Return the place of some code on one line of a text."""
    row, line = next((row, line) for row, line in enumerate(text.split("\n"), 1) if code in line)
    column = line.index(code) + 1
    return Location("a.py", row, column, row, column + len(code))


def edited(text: str, edit: Edit) -> str:
    return apply(Tree(text.encode()), edit).code


SCALER: Names = (("scaler", Written("scaler", ("X.scale",))), ("optimizer", Written("opt", ("{scaler}.step(X)",))))


def unscale(text: str, twice: str = "insert") -> str:
    return edited(text, Insert(at(text, "clip()"), "{scaler}.unscale_({optimizer})", "before", SCALER, twice))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    clip()", "    s.unscale_(o)\n    clip()"),
        ("    s.x(); clip()", "    s.x(); s.unscale_(o); clip()"),
        ("    if s: clip()", "    if s: s.unscale_(o); clip()"),
        ("    n = clip()", "    s.unscale_(o)\n    n = clip()"),
        ("    # why\n    clip()", "    s.unscale_(o)\n    # why\n    clip()"),
    ],
    ids=["line", "semicolon", "suite", "assigned", "comment"],
)
def test_a_statement_goes_before_another(before: str, after: str) -> None:
    text = "def train(s, o, loss):\n    s.scale(loss)\n{}\n    s.step(o)\n"
    assert unscale(text.format(before)) == text.format(after)


@pytest.mark.parametrize(
    "text",
    [
        "def f(s):\n    s.scale(1)\n    clip()\n    s.step(o)\n",
        "def f(s):\n    s.scale(1)\n    clip()\n    o = 1\n    s.step(o)\n",
        "def f(s, os):\n    s.scale(1)\n    clip()\n    for o in os:\n        s.step(o)\n",
        "def f(s, o, p):\n    s.scale(1)\n    clip()\n    s.step(o)\n    s.step(p)\n",
        "def f(loss):\n    clip()\n",
    ],
    ids=["unbound", "bound-later", "of-a-loop", "one-of-two", "no-use"],
)
def test_a_name_that_is_not_sure_is_not_written(text: str) -> None:
    with pytest.raises(CannotEditError, match="is called there"):
        unscale(text)


def test_the_known_name_decides_between_two() -> None:
    text = "def f(s, opt, p):\n    s.scale(1)\n    clip()\n    s.step(opt)\n    s.step(p)\n"
    assert "    s.unscale_(opt)\n    clip()" in unscale(text)


def test_a_statement_that_stands_there_already_is_not_repeated() -> None:
    text = "def f(s, o):\n    s.scale(1)\n    clip()\n    s.unscale_(o)\n    s.step(o)\n"
    with pytest.raises(CannotEditError, match="stands in the function already"):
        unscale(text, "refuse")
    assert unscale(text, "skip") == text


def test_a_statement_moves_behind_a_loop_with_its_comment() -> None:
    text = "for e in x:\n    # rate\n    s.step()  # now\n    for b in y:\n        o.step()\n    print(e)\n"
    moved = "for e in x:\n    for b in y:\n        o.step()\n    # rate\n    s.step()  # now\n    print(e)\n"
    assert edited(text, Move(at(text, "s.step()"), at(text, "o.step()"))) == moved


def test_a_statement_does_not_move_past_a_way_out() -> None:
    text = "for e in x:\n    s.step()\n    if e:\n        continue\n    o.step()\n"
    with pytest.raises(CannotEditError, match="a way leads out"):
        edited(text, Move(at(text, "s.step()"), at(text, "o.step()")))


def test_a_text_of_several_lines_stays_as_it_is_under_with() -> None:
    text = 'c()  # open\n\nx = """a\n  b"""\nif x:\n    y = 1\n'
    assert edited(text, Enter(at(text, "c()"))) == (
        'with c():  # open\n\n    x = """a\n  b"""\n    if x:\n        y = 1\n'
    )


AMP = "torch.amp.autocast"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import torch\ntorch.cuda.amp.autocast()\n", 'import torch\ntorch.amp.autocast("cuda")\n'),
        (
            "from torch.cuda.amp import autocast\nautocast()\nautocast(enabled=x)\n",
            'from torch.amp import autocast\nautocast("cuda")\nautocast("cuda", enabled=x)\n',
        ),
        (
            "from torch.cuda.amp import GradScaler, autocast  # amp\nautocast()\n",
            'from torch.amp import autocast\nfrom torch.cuda.amp import GradScaler  # amp\nautocast("cuda")\n',
        ),
        (
            "from torch.cuda.amp import autocast as cast\ncast()\n",
            'from torch.amp import autocast as cast\ncast("cuda")\n',
        ),
    ],
    ids=["module", "name", "one-of-two", "alias"],
)
def test_a_function_is_imported_from_its_new_home(before: str, after: str) -> None:
    written = before.split("\n")[1]
    edit = CallOther(at(before, written), written.removesuffix("()"), AMP, first='"cuda"')
    assert edited(before, edit) == after


def test_a_name_that_is_handed_on_is_not_changed_under_the_hands() -> None:
    text = "from torch.cuda.amp import autocast\nautocast()\nuse(autocast)\n"
    with pytest.raises(CannotEditError, match="also used without being called"):
        edited(text, CallOther(at(text, "autocast()"), "autocast", AMP, first='"cuda"'))
