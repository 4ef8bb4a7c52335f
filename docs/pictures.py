"""Draw the README's pictures from what the commands really print: `python docs/pictures.py`."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = 96


def main() -> None:
    """Write `docs/check.svg` and `docs/watch.svg`."""
    draw("check", "check", "examples/digits", "--select", "TL202,TL301")
    with TemporaryDirectory() as folder:
        script = ROOT / "examples" / "digits" / "train.py"
        subprocess.run([sys.executable, str(script)], cwd=folder, check=True, capture_output=True)
        (run,) = Path(folder, "trainlint-runs").glob("*.sqlite")
        draw("watch", "report", str(run), prompt="python train.py")


def draw(picture: str, *arguments: str, prompt: str | None = None) -> None:
    """Run trainlint with these arguments and draw its terminal as `docs/<picture>.svg`."""
    shown = subprocess.run(
        [sys.executable, "-m", "trainlint", *arguments, "--color", "always"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": str(COLUMNS)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    command = prompt or f"trainlint {' '.join(arguments)}"
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text(f"$ {command}", style="bold"))
    console.print(Text.from_ansi(shown.stdout))
    drawn = console.export_svg(title=command, theme=MONOKAI)
    drawn = re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL)  # a picture needs nothing from elsewhere
    (ROOT / "docs" / f"{picture}.svg").write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
