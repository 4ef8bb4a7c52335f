"""What every command writes with: findings to stdout, all else to stderr."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from rich.console import Console

from trainlint.report.visible import visible

LOG_WIDTH = 120  # where nobody says how wide a file or a pipe is


def make_console(stream: TextIO, color: str = "auto") -> Console:
    """Return a console that shows text as it is, in colour `always`, `never`, or `auto`: in a terminal."""
    wide = stream.isatty() or "COLUMNS" in os.environ
    return Console(
        file=stream,
        color_system={"auto": "auto", "always": "standard", "never": None}[color],
        force_terminal=True if color == "always" else None,
        no_color=False if color == "always" else None,
        width=None if wide else LOG_WIDTH,
        markup=False,
        emoji=False,
        highlight=False,
    )


def say(message: str) -> None:
    """Write one line about the work, not about what was found."""
    print(f"trainlint: {visible(message)}", file=sys.stderr)
