"""What the results of `trainlint.lr` have in common: each is drawn, and said in lines."""

from __future__ import annotations

import html
import io
from abc import ABC, abstractmethod
from pathlib import Path

from rich.console import Console, RenderableType


class Shown(ABC):
    """Something that shows itself in a terminal, in a notebook and as a picture."""

    __slots__ = ()

    @abstractmethod
    def svg(self) -> str:
        """Return the plot, as a picture that needs nothing else."""

    @abstractmethod
    def __rich__(self) -> RenderableType: ...

    @abstractmethod
    def _lines(self) -> list[str]:
        """Return what a notebook says below the plot."""

    def save(self, path: str | Path) -> None:
        """Write the plot to an SVG file."""
        Path(path).write_text(self.svg(), encoding="utf-8")

    def __str__(self) -> str:
        console = Console(file=io.StringIO(), width=100, color_system=None)
        with console.capture() as shown:
            console.print(self)
        return "\n".join(line.rstrip() for line in shown.get().splitlines())

    def _repr_html_(self) -> str:
        return f"<div>{self.svg()}<ul>{''.join(f'<li>{html.escape(line)}</li>' for line in self._lines())}</ul></div>"
