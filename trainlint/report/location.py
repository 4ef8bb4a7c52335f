"""The places of findings, once the engine has resolved them."""

from __future__ import annotations

from trainlint.finding import Location, Place


def placed(location: Place | Location) -> Location:
    """Return the location. A finding that reaches a reporter unresolved is a bug of trainlint's."""
    if isinstance(location, Place):
        raise TypeError(f"not resolved: {location}")
    return location
