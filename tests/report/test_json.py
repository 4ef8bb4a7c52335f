"""Findings as programs see them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.report import findings as example
from trainlint.finding import Finding, Location, Place, Severity
from trainlint.report.json import format_findings


def test_document(golden: Callable[[str, str], None]) -> None:
    text = format_findings([example.CLIP, example.BIAS, example.ROW_ONLY, example.ESCAPES])
    golden("findings.json", text + "\n")


def test_every_object_has_every_key() -> None:
    keys = {
        *("code", "name", "severity", "message", "filename", "location", "end_location"),
        *("related", "evidence", "confidence", "fix"),
    }
    for each in json.loads(format_findings(example.ALL)):
        assert set(each) == keys
        assert all(set(related) == {"filename", "location", "end_location", "message"} for related in each["related"])


def test_nothing_found_is_an_empty_list() -> None:
    assert format_findings([]) == "[]"


def test_any_text_survives() -> None:
    finding = Finding("TL1", "n", Severity.WARN, 'a "b"\n\x1b漢\udcff', Location("\udcff.py", 1))
    text = format_findings([finding])
    assert text.isascii()
    assert json.loads(text)[0]["message"] == finding.message


def test_an_unresolved_place_is_a_bug() -> None:
    with pytest.raises(TypeError, match="not resolved"):
        format_findings([Finding("TL1", "n", Severity.WARN, "m", Place("a.py", 3))])
