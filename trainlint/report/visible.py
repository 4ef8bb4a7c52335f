"""Text of the user's as it can be shown: it cannot move the cursor, set colours or change direction."""

from __future__ import annotations

import unicodedata


def visible(text: str) -> str:
    """Return the text with one sign for each control character but tabs, so that columns stay true."""
    if text.isprintable():
        return text
    return "".join(map(_sign, text))


def _sign(character: str) -> str:
    if character == "\t" or character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    if character <= "\x1f":
        return chr(ord("\N{SYMBOL FOR NULL}") + ord(character))
    return "\N{SYMBOL FOR DELETE}" if character == "\x7f" else "\N{REPLACEMENT CHARACTER}"
