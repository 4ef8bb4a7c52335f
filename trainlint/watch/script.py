"""Run a script that knows nothing of trainlint, as Python itself would, under watch."""

from __future__ import annotations

import builtins
import importlib.util
import os
import runpy
import sys
from collections.abc import Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType, TracebackType

from trainlint.errors import UsageError
from trainlint.watch.session import Watch


def prepare_script(script: str, arguments: Sequence[str]) -> None:
    """Set `sys.argv` and `sys.path[0]` as `python script arguments` does.

    Raises:
        UsageError: there is no such script.
    """
    path = Path(script)
    if not path.is_file() and not (path / "__main__.py").is_file():
        raise UsageError(f"no script at {script}")
    sys.argv = [script, *arguments]
    _first_on_path(str(path.resolve() if path.is_dir() else path.resolve().parent))


def prepare_module(name: str, arguments: Sequence[str]) -> None:
    """Set `sys.argv` and `sys.path[0]` as `python -m name arguments` does.

    Raises:
        UsageError: there is no such module.
    """
    _first_on_path(str(Path.cwd()))
    if importlib.util.find_spec(name.partition(".")[0]) is None:
        raise UsageError(f"no module named {name}")
    sys.argv = [name, *arguments]


def run_watched(watch: Watch, target: str, *, module: bool) -> None:
    """Run a script or module as `__main__`; its exceptions pass through, shown from its own first line on."""
    try:
        with watch:
            if module:
                runpy.run_module(target, run_name="__main__", alter_sys=True)
            else:
                _run_file(Path(target))
    except BaseException:
        _show_from_the_script_on()
        raise


def _run_file(path: Path) -> None:
    if path.is_dir():
        runpy.run_path(str(path), run_name="__main__")
        return
    # As Python does it: `runpy` would give the file's whole path to `sys.argv` or a short one to tracebacks, and
    # take `__main__` away before what the script left for the end of the process.
    file = os.path.abspath(path)
    main = ModuleType("__main__")
    loader = SourceFileLoader("__main__", file)
    vars(main).update(__file__=file, __cached__=None, __loader__=loader, __builtins__=builtins, __annotations__={})
    sys.modules["__main__"] = main
    exec(loader.source_to_code(Path(file).read_bytes(), file), vars(main))  # noqa: S102 - the user's own script


def _first_on_path(folder: str) -> None:
    # `trainlint` itself was started from the first entry, which the script must not see.
    if not getattr(sys.flags, "safe_path", False):
        sys.path[:1] = [folder]


def _show_from_the_script_on() -> None:
    """Let tracebacks begin in the script: how trainlint called it is no part of what went wrong."""
    show = sys.excepthook  # the script may have set its own

    def hook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        start = _of_the_script(traceback)
        show(kind, error.with_traceback(start), start)

    sys.excepthook = hook


def _of_the_script(traceback: TracebackType | None) -> TracebackType | None:
    while traceback is not None and _module(traceback) != __name__:
        traceback = traceback.tb_next
    while traceback is not None and _module(traceback).startswith((__name__, "runpy", "importlib.")):
        traceback = traceback.tb_next
    return traceback


def _module(traceback: TracebackType) -> str:
    return str(traceback.tb_frame.f_globals.get("__name__"))
