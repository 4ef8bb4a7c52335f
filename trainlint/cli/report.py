"""`trainlint report`: show what a training run recorded and what is wrong with it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from trainlint.cli.console import make_console
from trainlint.cli.exit import EXIT_CLEAN, EXIT_CODES, EXIT_FINDINGS
from trainlint.report.run_terminal import render_run
from trainlint.run import load_run


def add_report(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command line of `trainlint report`."""
    parser = commands.add_parser(
        "report",
        help="show the summary of a training run again",
        description="Show the summary of a training run again.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("file", type=Path, metavar="RUN", help="the run file that trainlint.watch wrote")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what a run recorded and what is wrong with it, and return the exit code.

    Raises:
        UsageError: the file is not that of a run.
    """
    run = load_run(options.file)
    render_run(run, make_console(sys.stdout, options.color))
    return EXIT_FINDINGS if run.findings else EXIT_CLEAN
