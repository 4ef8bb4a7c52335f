"""The command line."""

from __future__ import annotations

import argparse
import io
import os
import sys
import traceback
from collections.abc import Sequence

from trainlint import __version__
from trainlint.cli.check import add_check
from trainlint.cli.console import say
from trainlint.cli.exit import EXIT_COULD_NOT_RUN, EXIT_FINDINGS, EXIT_INTERRUPTED
from trainlint.cli.report import add_report
from trainlint.cli.run import add_run
from trainlint.errors import UsageError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    if options.runs_script:
        script_code: int = options.run(options)
        return script_code  # what the script raises ends the process as it would without trainlint
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except UsageError as error:
        say(str(error))
        return EXIT_COULD_NOT_RUN
    except BrokenPipeError:
        # Someone read enough of what was found; what Python would still flush at exit has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FINDINGS
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception:
        # A bug of ours is not to be taken for findings, which Python's own exit code would mean.
        traceback.print_exc()
        return EXIT_COULD_NOT_RUN
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="trainlint",
        description="Find the PyTorch training mistakes that do not crash, in source and in a run.",
    )
    parser.add_argument("--version", action="version", version=f"trainlint {__version__}")
    parser.set_defaults(runs_script=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_check(commands)
    add_report(commands)
    add_run(commands)
    return parser
