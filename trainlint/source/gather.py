"""Read the sources that a command line names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trainlint.config import Config
from trainlint.source.discover import discover, is_excluded, shown_name
from trainlint.source.read import Source

STDIN_NAME = "<stdin>"


@dataclass(frozen=True, slots=True)
class Unsaved:
    """Text that comes in another way than from a file, and the file for which it stands, if any."""

    data: bytes
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """The sources, the absolute path of each file by name, and why others could not be read."""

    sources: tuple[Source, ...]
    paths: dict[str, Path]
    unread: dict[str, OSError]


def gather(
    paths: Sequence[Path], config: Config, *, unsaved: Unsaved | None = None, force_exclude: bool = False
) -> Gathered:
    """Read the files that the paths mean, sorted by name; `unsaved` text takes the place of its file.

    Raises:
        UsageError: a path does not exist or cannot be reached.
    """
    found = discover(paths, config, force_exclude=force_exclude)
    named = {shown_name(path): path for path in found.files}
    data: dict[str, bytes] = {}
    if unsaved is not None and unsaved.file is None:
        data[STDIN_NAME] = unsaved.data
    elif unsaved is not None and unsaved.file is not None:
        file = Path(os.path.abspath(unsaved.file))
        if not (force_exclude and is_excluded(file, config)):
            named[shown_name(file)] = file
            data[shown_name(file)] = unsaved.data
    unread = {shown_name(folder): error for folder, error in found.unlisted}
    for name in named.keys() - data.keys():
        try:
            data[name] = named[name].read_bytes()
        except OSError as error:
            unread[name] = error
    return Gathered(tuple(Source(name, data[name]) for name in sorted(data)), named, unread)
