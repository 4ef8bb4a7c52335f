"""Where in the user's code an operation was called."""

from __future__ import annotations

import linecache
import sys
import sysconfig
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType

import torch

from trainlint.finding import Location
from trainlint.watch.written import Written, calls_of_file

_OURS = str(Path(__file__).parents[1]) + "/"
_TORCH = str(Path(torch.__file__).parent) + "/"
_STANDARD = tuple(str(Path(sysconfig.get_path(name))) + "/" for name in ("stdlib", "platstdlib"))
_USER, _LIBRARY, _INNER = 2, 1, 0


class Site:
    """A call in the user's code, and how it is written there."""

    __slots__ = ("ident", "location", "written")

    def __init__(self, ident: int, location: Location, written: Written) -> None:
        self.ident = ident
        self.location = location
        self.written = written


class Sites:
    """Finds the call site of the operation in progress, and numbers the sites as they come."""

    def __init__(self) -> None:
        self.all: list[Site] = []
        self._ranks: dict[str, int] = {}
        # The code object is kept beside its id, so that the id cannot come back as another's.
        self._known: dict[tuple[int, int], tuple[CodeType | None, Site]] = {}

    def here(self, method: str) -> Site:
        """Return the innermost call that the user can edit: in their code, else in a library, not in torch.

        `method` is what is being called, for a Python that keeps lines only.
        """
        frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - `inspect` is a hundred times slower
        library: FrameType | None = None
        ranks = self._ranks
        while frame is not None:
            file = frame.f_code.co_filename
            rank = ranks.get(file)
            if rank is None:
                rank = ranks[file] = _rank(file)
            if rank == _USER:
                break
            if rank == _LIBRARY and library is None:
                library = frame
            frame = frame.f_back
        frame = frame or library
        if frame is None:
            return self._add((0, 0), None, Location("<unknown>", 1), Written(method))
        key = (id(frame.f_code), frame.f_lasti)
        known = self._known.get(key)
        return known[1] if known is not None else self._add(key, frame.f_code, *_look(frame, method))

    def _add(self, key: tuple[int, int], code: CodeType | None, location: Location, written: Written) -> Site:
        if key not in self._known:
            self.all.append(Site(len(self.all), location, written))
            self._known[key] = (code, self.all[-1])
        return self._known[key][1]


def _rank(file: str) -> int:
    if file.startswith((_TORCH, _OURS)):
        return _INNER
    if file.startswith(("<frozen", *_STANDARD)) or file == "<string>":
        return _LIBRARY
    return _LIBRARY if "site-packages" in file or "dist-packages" in file else _USER


def _look(frame: FrameType, method: str) -> tuple[Location, Written]:
    file = frame.f_code.co_filename
    linecache.lazycache(file, frame.f_globals)
    calls = calls_of_file(file)
    span = _span(frame)
    written = calls.on_line(frame.f_lineno, method) if span is None else calls.at(span)
    if written is None:
        return Location(file, frame.f_lineno), Written(method)
    row, start, end_row, end = written.span
    return Location(file, row, _column(file, row, start), end_row, _column(file, end_row, end)), written


def _span(frame: FrameType) -> tuple[int, int, int, int] | None:
    """Return where the instruction in progress starts and ends, which Python keeps from 3.11 on."""
    if sys.version_info < (3, 11):
        return None
    positions = islice(frame.f_code.co_positions(), frame.f_lasti // 2, None)
    row, end_row, start, end = next(positions, (None, None, None, None))
    if row is None or end_row is None or start is None or end is None:
        return None
    return row, start, end_row, end


def _column(file: str, row: int, offset: int) -> int:
    """Turn a byte offset, which is what Python keeps, into a column that counts characters from 1."""
    return len(linecache.getline(file, row).encode()[:offset].decode(errors="ignore")) + 1
