"""A line plot as one SVG, without a plotting library: it needs no script, font or file, and fits light and dark."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

# Okabe and Ito's colours, which the colour-blind tell apart, as far as they stand out from white and from black.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
_WIDTH, _HEIGHT = 640, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 50, 46
_MOST = 2 * (_WIDTH - _LEFT - _RIGHT)  # points of a line: more cannot be seen

_TEXT = 'font-family="sans-serif" font-size="12" fill="#808080"'


@dataclass(frozen=True, slots=True)
class Line:
    """A series to draw; `faint` for what lies behind another."""

    name: str
    xs: Sequence[float]
    ys: Sequence[float]
    faint: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at a place of the x axis, with its words."""

    x: float
    words: str


@dataclass(frozen=True, slots=True)
class _Scale:
    """From values to pixels, along one axis."""

    low: float
    high: float
    start: float
    stop: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high = self._of(self.low), self._of(self.high)
        return self.start + (self._of(value) - low) / ((high - low) or 1.0) * (self.stop - self.start)

    def _of(self, value: float) -> float:
        return math.log10(value) if self.log else value

    def ticks(self) -> list[float]:
        if self.log:
            first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
            return [10.0**power for power in range(first, last + 1, max(1, (last - first) // 8))]
        rough = (self.high - self.low) / 5 or 1.0
        size = 10.0 ** math.floor(math.log10(rough))
        step = next(factor * size for factor in (1, 2, 5, 10) if factor * size >= rough * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        return [place * step for place in range(first, math.floor(self.high / step + 1e-9) + 1)]


def draw(lines: Sequence[Line], *, title: str, x_title: str, log_x: bool = False, marks: Sequence[Mark] = ()) -> str:
    """Return the plot of some lines as SVG."""
    xs = [x for line in lines for x in (line.xs[0], line.xs[-1])]
    ys = [y for line in lines for y in (min(line.ys), max(line.ys))]
    across = _Scale(min(xs), max(xs), _LEFT, _WIDTH - _RIGHT, log_x)
    up = _Scale(min(ys), max(ys), _HEIGHT - _BOTTOM, _TOP)
    size = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" style="max-width:100%;height:auto"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" {_TEXT}>',
        f"<title>{escape(title)}</title>",
        *_axes(across, up, x_title),
    ]
    for number, line in enumerate(lines):
        parts += _line(line, COLOURS[number % len(COLOURS)], across, up)
    parts += _legend(lines)
    parts += _marks(sorted(marks, key=lambda mark: mark.x), across)
    return "\n".join([*parts, "</svg>\n"])


def _axes(across: _Scale, up: _Scale, x_title: str) -> Iterator[str]:
    for tick in up.ticks():
        y = up(tick)
        yield f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#808080" stroke-opacity=".25"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tick:.4g}</text>'
    for tick in across.ticks():
        x = across(tick)
        yield f'<path d="M{x:.1f} {_HEIGHT - _BOTTOM}v5" stroke="#808080"/>'
        yield f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 19}" text-anchor="middle">{_number(tick)}</text>'
    yield f'<path d="M{_LEFT} {_TOP}V{_HEIGHT - _BOTTOM}H{_WIDTH - _RIGHT}" fill="none" stroke="#808080"/>'
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    yield f'<text x="{middle:.0f}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(x_title)}</text>'


def _line(line: Line, colour: str, across: _Scale, up: _Scale) -> Iterator[str]:
    points = " ".join(f"{across(line.xs[i]):.1f},{up(line.ys[i]):.1f}" for i in thinned(line.ys, _MOST))
    strength = 'stroke-opacity=".4"' if line.faint else 'stroke-width="2"'
    yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-linejoin="round" {strength}/>'


def _legend(lines: Sequence[Line]) -> Iterator[str]:
    x = float(_LEFT)
    for number, line in enumerate(lines):
        yield f'<path d="M{x:.0f} 16h18" stroke="{COLOURS[number % len(COLOURS)]}" stroke-width="3"/>'
        yield f'<text x="{x + 24:.0f}" y="20">{escape(line.name)}</text>'
        x += 44 + 6.5 * len(line.name)


def _marks(marks: Sequence[Mark], across: _Scale) -> Iterator[str]:
    """Draw marks from left to right; the words of the last stand on its right, where no other mark is."""
    for place, mark in enumerate(marks):
        x = across(mark.x)
        right = place == len(marks) - 1 and x < 0.75 * _WIDTH
        anchor, shift = ("start", 2) if right else ("end", -2)
        yield f'<path d="M{x:.1f} {_TOP - 4}V{_HEIGHT - _BOTTOM}" stroke="#808080" stroke-dasharray="4 3"/>'
        yield f'<text x="{x + shift:.1f}" y="{_TOP - 8}" text-anchor="{anchor}">{escape(mark.words)}</text>'


def _number(value: float) -> str:
    return f"{value:,.0f}" if 10 <= value < 1e7 and value == int(value) else f"{value:.4g}"


def thinned(values: Sequence[float], most: int) -> list[int]:
    """Return at most so many places of a series, with the lowest and the highest value of each share among them."""
    if len(values) <= most:
        return list(range(len(values)))
    shares = most // 2
    places: set[int] = set()
    for share in range(shares):
        part = range(share * len(values) // shares, (share + 1) * len(values) // shares)
        places |= {min(part, key=values.__getitem__), max(part, key=values.__getitem__)}
    return sorted(places)
