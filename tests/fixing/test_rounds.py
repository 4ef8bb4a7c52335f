"""Fixes are kept only where checking again proves them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from trainlint.edit import Edit, Rename, SetArgument
from trainlint.engine import check_sources
from trainlint.finding import Finding, Fix, Severity
from trainlint.fixing.rounds import Fixed, fix
from trainlint.program.query import Program
from trainlint.rule import Rule
from trainlint.source.read import Source

TEXT = "import torch\np = torch.zeros(3)\np.wrong = 1\np.other = 2\n"


class Wrong(Rule):
    """Attributes of these names are wrong."""

    code, name, severity = "TL990", "wrong-name", Severity.ERROR
    names: tuple[str, ...] = ("wrong",)
    new = "right"

    def check_program(self, program: Program) -> Iterator[Finding]:
        for assigned in program.assigned:
            if assigned.name in self.names:
                edit = self.edit(assigned.place, assigned.name)
                yield self.finding(assigned.place, assigned.name, fix=Fix("rename it", True, (edit,)))

    def edit(self, place: object, name: str) -> Edit:
        return Rename(place, name, self.new)  # type: ignore[arg-type]


class Both(Wrong):
    """Two names are wrong, and one of them cannot be mended: what it would become is wrong as well."""

    code, names = "TL991", ("wrong", "other", "bad")

    def edit(self, place: object, name: str) -> Edit:
        return Rename(place, name, "right" if name == "wrong" else "bad")  # type: ignore[arg-type]


def fixed(rule: Rule, *others: Rule, text: str = TEXT) -> Fixed:
    source = Source("a.py", text.encode())
    return fix([source], lambda sources: check_sources(sources, (rule, *others)), lambda _, __: True)


def text_of(done: Fixed) -> str:
    return done.sources[0].data.decode()


def test_it_is_kept_when_the_finding_is_gone() -> None:
    done = fixed(Wrong())
    assert text_of(done) == TEXT.replace("wrong", "right")
    assert (done.findings, done.left, done.counts) == ([], [], {"a.py": 1})


def test_what_does_not_parse_is_not_kept() -> None:
    rule = Wrong()
    rule.new = "None"
    done = fixed(rule)
    assert text_of(done) == TEXT
    assert [left.reason for left in done.left] == ["TL001 would be found in a.py then"]


def test_what_is_no_python_is_not_even_made() -> None:
    rule = Wrong()
    rule.new = "1st"
    done = fixed(rule)
    assert [left.reason for left in done.left] == ["the changed code would be no Python"]


def test_what_leaves_the_rule_loud_is_not_kept_and_others_are() -> None:
    done = fixed(Both())
    assert text_of(done) == TEXT.replace("wrong", "right")
    assert [left.reason for left in done.left] == ["the rule would still find it"]
    assert [finding.message for finding in done.findings] == ["other"]


def test_what_another_rule_objects_to_is_not_kept() -> None:
    class Jealous(Wrong):
        """Says nothing until the name is right."""

        code, names = "TL992", ("right",)

    done = fixed(Wrong(), Jealous())
    assert text_of(done) == TEXT
    assert [left.reason for left in done.left] == ["TL992 would be found in a.py then"]


def test_a_second_run_changes_nothing() -> None:
    once = fixed(Both())
    again = fixed(Both(), text=text_of(once))
    assert text_of(again) == text_of(once)
    assert not again.counts


def test_a_name_that_the_encoding_lacks_is_not_written() -> None:
    class Accented(Wrong):
        """Gives a name in letters that ASCII has not."""

        new = "prêt"

    done = fixed(Accented(), text="# coding: ascii\n" + TEXT)
    assert [left.reason for left in done.left] == ["the file's encoding has no such characters"]


CALLS = [
    ("f()", "f(x=1)"),
    ("f(a)", "f(a, x=1)"),
    ("f(a,)", "f(a, x=1,)"),
    ("f( a, b )", "f( a, b, x=1 )"),
    ("f(a, x=0)", "f(a, x=1)"),
    ("f(\n    a,\n    b\n)", "f(\n    a,\n    b,\n    x=1\n)"),
    ("f(\n    a,\n    b,  # why\n)", "f(\n    a,\n    b,  # why\n    x=1,\n)"),
    ("f(\n    a  # why\n)", "f(\n    a,  # why\n    x=1\n)"),
    ("f(\n    a,\n)", "f(\n    a,\n    x=1,\n)"),
    ("f(a,\n  b)", "f(a,\n  b,\n  x=1)"),
]


class Given(Rule):
    """`f` is called without `x=1`."""

    code, name, severity = "TL993", "not-given", Severity.ERROR

    def check_program(self, program: Program) -> Iterator[Finding]:
        for called in program.calls("torch.f"):
            if called.written(-1, "x") != "1":
                yield self.finding(called.place, "f", fix=Fix("give it", True, (SetArgument(called.place, "x", "1"),)))


@pytest.mark.parametrize(("before", "after"), CALLS)
def test_an_argument_is_added_in_the_style_of_the_call(before: str, after: str) -> None:
    start = "from torch import f\na = b = 1\n"
    assert text_of(fixed(Given(), text=f"{start}{before}\n")) == f"{start}{after}\n"
