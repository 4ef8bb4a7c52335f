"""Errors that the user can mend."""

from __future__ import annotations


class UsageError(Exception):
    """What was asked for cannot be done; the message says what was read, what was expected and what to do."""
