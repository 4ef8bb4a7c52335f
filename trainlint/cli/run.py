"""`trainlint run`: watch a training script that was not changed at all."""

from __future__ import annotations

import argparse
from pathlib import Path

from trainlint.cli.console import say
from trainlint.cli.exit import EXIT_COULD_NOT_RUN
from trainlint.errors import UsageError


def add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command line of `trainlint run`."""
    parser = commands.add_parser(
        "run",
        help="run a training script under watch",
        description="Run a training script, unchanged, and watch every module that an optimizer trains.",
        usage="trainlint run [OPTIONS] (SCRIPT | -m MODULE) [ARGUMENT ...]",
        epilog="exit code: that of the script; 2 also where there is no such script",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("-m", action="store_true", dest="module", help="run a module, as `python -m` does")
    add("--path", type=Path, metavar="FILE", help="the run file (default: a new one in trainlint-runs/)")
    add("--name", help="what the run file is named after, beside the time (default: the script)")
    add(
        "--on-finding",
        choices=("print", "warn", "raise"),
        default="print",
        help="what a mistake leads to: a line, a Python warning, or an exception",
    )
    # Takes all that follows, so that the script's own options stay its own.
    add("command", nargs=argparse.PARSER, metavar="SCRIPT", help="the script or module, and its arguments")
    parser.set_defaults(run=run, runs_script=True)


def run(options: argparse.Namespace) -> int:
    """Run the script that the options name. Whatever ends it ends this process as well."""
    target, *arguments = options.command
    try:
        from trainlint.watch import script  # noqa: PLC0415 - brings torch
        from trainlint.watch.session import watch_all  # noqa: PLC0415

        (script.prepare_module if options.module else script.prepare_script)(target, arguments)
        watch = watch_all(path=options.path, name=options.name, on_finding=options.on_finding)
    except (UsageError, ModuleNotFoundError) as error:
        say(str(error))
        return EXIT_COULD_NOT_RUN
    script.run_watched(watch, target, module=options.module)
    return 0
