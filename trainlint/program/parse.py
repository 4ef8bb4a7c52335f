"""Parse a source with the running Python, or say why it cannot be read."""

from __future__ import annotations

import ast
import platform
import warnings

from trainlint.source.read import Source, undecodable


class UnreadableError(Exception):
    """A source that is not Python, or not one that can be read; rows and columns count from 1."""

    def __init__(self, row: int, column: int, reason: str) -> None:
        super().__init__(reason)
        self.row = row
        self.column = column
        self.reason = reason


def parse(source: Source) -> ast.Module:
    """Return the syntax tree.

    Raises:
        UnreadableError: the running Python does not take it for Python.
    """
    if (strange := undecodable(source.data)) is not None:
        row = source.data.count(b"\n", 0, strange.start) + 1
        raise UnreadableError(row, 1, f"byte {strange.start} is not {strange.encoding}")
    if (null := source.data.find(b"\0")) >= 0:
        raise UnreadableError(source.data.count(b"\n", 0, null) + 1, 1, f"byte {null} is null")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the checked code would be warned of is not ours to say
            return ast.parse(source.data)
    except (RecursionError, MemoryError):
        raise UnreadableError(1, 1, TOO_DEEP) from None
    except SyntaxError as error:
        # The code may be right for a later version of Python than the one that runs.
        row, column = max(error.lineno or 1, 1), max(error.offset or 1, 1)
        raise UnreadableError(row, column, f"{error.msg} (read as Python {_VERSION})") from None
    except ValueError as error:
        raise UnreadableError(1, 1, str(error)) from None


TOO_DEEP = "it is nested too deeply"
_VERSION = ".".join(platform.python_version_tuple()[:2])
