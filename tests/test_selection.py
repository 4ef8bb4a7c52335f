"""Choosing rules."""

from __future__ import annotations

import pytest

from trainlint.errors import UsageError
from trainlint.finding import Severity
from trainlint.rule import Rule
from trainlint.selection import choose, matches, suggest, verify

LABELS = [
    ("TL301", "clip-before-unscale"),
    ("TL302", "missing-scaler-update"),
    ("TL401", "missing-zero-grad"),
]


class Clip(Rule):
    code, name, severity = "TL301", "clip-before-unscale", Severity.ERROR


class Update(Rule):
    code, name, severity = "TL302", "missing-scaler-update", Severity.ERROR


class Bfloat(Rule):
    code, name, severity = "TL307", "scaler-with-bfloat16", Severity.INFO


RULES = (Clip(), Update(), Bfloat())


@pytest.mark.parametrize("selector", ["TL", "TL3", "TL30", "TL301", "clip-before-unscale"])
def test_a_rule_is_meant_by_code_prefix_and_name(selector: str) -> None:
    assert matches(selector, *LABELS[0])


@pytest.mark.parametrize("selector", ["", "T", "3", "TL4", "TL3011", "tl301", "clip", "clip-before", "unscale"])
def test_and_by_nothing_else(selector: str) -> None:
    assert not matches(selector, *LABELS[0])


@pytest.mark.parametrize(
    ("select", "ignore", "expected"),
    [
        (None, (), "TL301 TL302"),  # advice is shown only when asked for
        (("TL",), (), "TL301 TL302 TL307"),
        (("TL3",), (), "TL301 TL302 TL307"),
        (("scaler-with-bfloat16",), (), "TL307"),
        ((), (), ""),
        (None, ("TL",), ""),
        (None, ("TL302",), "TL301"),
        (("TL3",), ("TL301", "scaler-with-bfloat16"), "TL302"),
        (("TL301",), ("TL3",), "TL301"),  # the closer description wins, wherever it stands
        (("clip-before-unscale",), ("TL30",), "TL301"),
        (("TL301",), ("TL301",), ""),
    ],
)
def test_select_and_ignore(select: tuple[str, ...] | None, ignore: tuple[str, ...], expected: str) -> None:
    assert " ".join(rule.code for rule in choose(RULES, select, ignore)) == expected


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("TL3O1", "TL301"),
        ("tl401", "TL401"),
        ("clip-before-unscaling", "clip-before-unscale"),
        ("missing_zero_grad", "missing-zero-grad"),
    ],
)
def test_an_unknown_rule_is_an_error_that_names_the_nearest(wrong: str, right: str) -> None:
    with pytest.raises(UsageError) as error:
        verify(["TL3", wrong], LABELS, "--select")
    assert str(error.value) == f"--select: there is no rule `{wrong}`; did you mean `{right}`?"


def test_nothing_is_suggested_where_nothing_is_near() -> None:
    assert suggest("E501", ["clip-before-unscale"]) == ""
