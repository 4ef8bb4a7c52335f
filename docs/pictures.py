"""Draw the README's pictures from what trainlint really shows: `python docs/pictures.py`."""

from __future__ import annotations

import io
import os
import re
import shutil
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
    """Write `docs/check.svg`, `docs/watch.svg`, `docs/find_lr.svg` and `docs/schedule.svg`."""
    draw("check", "check", "examples/digits", "--select", "TL202,TL301")
    with TemporaryDirectory() as folder:
        project = shutil.copytree(ROOT / "examples" / "digits", Path(folder, "digits"))
        subprocess.run([sys.executable, "train.py"], cwd=project, check=True, capture_output=True)
        (run,) = project.glob("trainlint-runs/*.sqlite")
        draw("watch", "report", str(run.relative_to(project)), prompt="python train.py", cwd=project)
    subprocess.run([sys.executable, ROOT / "examples" / "learning_rate.py", ROOT / "docs"], check=True)


def draw(picture: str, *arguments: str, prompt: str | None = None, cwd: Path = ROOT) -> None:
    """Run trainlint with these arguments and draw its terminal as `docs/<picture>.svg`."""
    shown = subprocess.run(
        [sys.executable, "-m", "trainlint", *arguments, "--color", "always"],
        cwd=cwd,
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
