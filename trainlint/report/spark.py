"""Bars and sparklines that read the same without colour, and in a terminal without Unicode."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters of a terminal: `fills` tell the parts of a bar apart, each with a colour on top."""

    levels: str
    fills: tuple[tuple[str, str], ...]
    missing: str
    arrow: str


_COLOURS = ("magenta", "cyan", "blue", "green", "dim")
# ruff: noqa: RUF001 - these signs are meant
_UNICODE = Glyphs("▁▂▃▄▅▆▇█", tuple(zip("░▒▓█·", _COLOURS, strict=True)), "×", "→")
_ASCII = Glyphs("_.-=+*#@", tuple(zip("-=+#.", _COLOURS, strict=True)), "x", "->")


def glyphs_for(encoding: str) -> Glyphs:
    """Return the characters that an output can show."""
    return _UNICODE if encoding.lower().replace("-", "").startswith("utf") else _ASCII


def bar(shares: Sequence[tuple[str, float]], width: int, glyphs: Glyphs) -> Text:
    """Return one bar of `width` characters, filled in proportion to the shares, which sum to 1."""
    text = Text()
    done = reached = 0.0
    for place, (_, share) in enumerate(shares):
        done += share
        fill, colour = glyphs.fills[place % len(glyphs.fills)]
        end = round(done * width)
        text.append(fill * (end - round(reached)), style=colour)
        reached = end
    return text


def sparkline(values: Sequence[float], width: int, glyphs: Glyphs) -> str:
    """Return the course of a series in at most `width` characters, each the mean of its share of the values.

    A share with a value that is not finite shows as missing.
    """
    width = min(width, len(values))
    means = []
    for place in range(width):
        share = values[place * len(values) // width : (place + 1) * len(values) // width]
        means.append(math.fsum(share) / len(share) if all(map(math.isfinite, share)) else math.nan)
    finite = [mean for mean in means if not math.isnan(mean)]
    if not finite:
        return glyphs.missing * width
    low, high = min(finite), max(finite)
    top = len(glyphs.levels) - 1
    step = top / (high - low) if high > low else 0.0
    return "".join(glyphs.missing if math.isnan(mean) else glyphs.levels[round((mean - low) * step)] for mean in means)
