"""A source to check: its name as shown, its bytes, its text."""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass

# What Python itself ends a line at; `str.splitlines` also does so at form feeds and Unicode separators.
LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Source:
    """One file, read once."""

    name: str
    data: bytes


def decode(data: bytes) -> str:
    """Return the text as Python reads it (PEP 263, byte-order mark); bytes that are no text are replaced."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding, errors="replace")
    except (SyntaxError, LookupError, ValueError):
        return data.decode("utf-8-sig", errors="replace")


def undecodable(data: bytes) -> UnicodeDecodeError | None:
    """Return what is wrong with the first bytes that are no text in the encoding of the file, if that exists."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        data.decode(encoding)
    except UnicodeDecodeError as error:
        return error
    except (SyntaxError, LookupError, ValueError):
        pass
    return None


def split_lines(text: str) -> list[str]:
    """Return the lines without their ends, numbered as Python numbers them."""
    return LINE_END.split(text)
