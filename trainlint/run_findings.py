"""Findings as JSON in a run file."""

from __future__ import annotations

from typing import Any

from trainlint.finding import Confidence, Finding, Fix, Location, Place, Related, Severity


def encode_finding(finding: Finding) -> dict[str, Any]:
    """Return a finding of a run as plain JSON values."""
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "message": finding.message,
        "location": _encode_location(finding.location),
        "related": [[_encode_location(related.location), related.message] for related in finding.related],
        "evidence": dict(finding.evidence),
        "confidence": finding.confidence.value,
        "fix": None if finding.fix is None else [finding.fix.title, finding.fix.safe],
    }


def decode_finding(body: dict[str, Any]) -> Finding:
    """Return the finding that `encode_finding` wrote."""
    return Finding(
        body["code"],
        body["name"],
        Severity(body["severity"]),
        body["message"],
        Location(*body["location"]),
        tuple(Related(Location(*where), message) for where, message in body["related"]),
        body["evidence"],
        Confidence(body["confidence"]),
        None if body["fix"] is None else Fix(*body["fix"]),
    )


def _encode_location(location: Place | Location) -> list[str | int]:
    if isinstance(location, Place):
        raise TypeError("a place of the source cannot stand in a run file")
    return [location.file, location.row, location.column, location.end_row, location.end_column]
