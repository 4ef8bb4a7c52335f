"""Findings for programs: one JSON list of objects, `[]` when there are none.

Keys may be added, never renamed. Rows and columns count from 1, the end column is exclusive. `end_location`
is `null` where it is not known, `fix` where there is none. Numbers that JSON cannot write become strings.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from trainlint.finding import Evidence, Finding, Fix, Location
from trainlint.report.location import placed


def format_findings(findings: Sequence[Finding]) -> str:
    """Return the JSON document, in ASCII, without a closing line end."""
    return json.dumps([_finding(finding) for finding in findings], indent=2, allow_nan=False)


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "message": finding.message,
        **_span(placed(finding.location)),
        "related": [{**_span(placed(each.location)), "message": each.message} for each in finding.related],
        "evidence": _evidence(finding.evidence),
        "confidence": finding.confidence.value,
        "fix": _fix(finding.fix),
    }


def _span(location: Location) -> dict[str, Any]:
    end = {"row": location.end_row, "column": location.end_column} if location.end_row else None
    return {
        "filename": location.file,
        "location": {"row": location.row, "column": location.column},
        "end_location": end,
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        key: str(value) if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in sorted(evidence.items())
    }


def _fix(fix: Fix | None) -> dict[str, Any] | None:
    return None if fix is None else {"title": fix.title, "safe": fix.safe}
