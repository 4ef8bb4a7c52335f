"""Find the Python files that a person means by a few paths."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from trainlint.config import Config
from trainlint.errors import UsageError
from trainlint.source.patterns import Patterns, read_ignore_file

# Other people's, generated or installed code. Virtual environments are also known by their `pyvenv.cfg`.
SKIPPED_FOLDERS = frozenset(
    {
        *(".bzr", ".git", ".hg", ".svn"),
        *(".direnv", ".nox", ".pyenv", ".tox", ".venv", "venv"),
        *(".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".ruff_cache", "__pycache__"),
        *(".eggs", "__pypackages__", "build", "dist", "node_modules", "site-packages"),
    }
)


@dataclass(frozen=True, slots=True)
class Found:
    """The absolute paths of the files to check, once each, and the folders that could not be listed."""

    files: tuple[Path, ...]
    unlisted: tuple[tuple[Path, OSError], ...]


def discover(paths: Iterable[Path], config: Config, *, force_exclude: bool = False) -> Found:
    """Return the files that the paths mean: a file itself, a folder the Python files below it.

    In folders, what ignore files and the project exclude is left out, and links to folders are not followed.
    What was named is never left out, unless with `force_exclude`, and then by the project and by folder names
    only: ignore files are about what is not tracked, and a version-control hook names what is.

    Raises:
        UsageError: a path does not exist or cannot be reached.
    """
    files: list[Path] = []
    unlisted: list[tuple[Path, OSError]] = []
    for given in paths:
        path = Path(os.path.abspath(given))
        try:
            path.stat()
        except OSError as error:
            raise UsageError(f"cannot read {given}: {error.strerror}") from error
        if force_exclude and is_excluded(path, config):
            continue
        if path.is_dir():
            files.extend(_walk(path, config.exclude, unlisted))
        else:
            files.append(path)
    return Found(_once_each(files), tuple(unlisted))


def is_excluded(path: Path, config: Config) -> bool:
    """Tell whether the project leaves out a path, or a folder on the way is one that is always skipped."""
    is_folder = path.is_dir()
    if config.exclude and config.exclude.verdict(str(path), is_folder=is_folder):
        return True
    root = config.folder or Path.cwd()
    if not path.is_relative_to(root):
        return False
    folders = path if is_folder else path.parent
    return not SKIPPED_FOLDERS.isdisjoint(folders.relative_to(root).parts)


def shown_name(path: Path) -> str:
    """Return the name by which an absolute path is shown: from the current folder, with forward slashes."""
    here = Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()


def _walk(start: Path, exclude: Patterns | None, unlisted: list[tuple[Path, OSError]]) -> Iterator[Path]:
    """Yield the Python files below a folder; what would leave out the folder itself has no say."""
    asked = [exclude] if exclude and not exclude.verdict(str(start), is_folder=True) else []
    above = tuple(each for each in _ignore_files_above(start) if not each.verdict(str(start), is_folder=True))
    waiting = [(start, above)]
    while waiting:
        folder, ignores = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                entries = {entry.name: entry for entry in listing}
        except OSError as error:
            unlisted.append((folder, error))
            continue
        if "pyvenv.cfg" in entries and folder != start:
            continue
        if ".gitignore" in entries and (here := read_ignore_file(folder / ".gitignore", folder)):
            ignores = (here, *ignores)
        for name, entry in entries.items():
            is_folder = entry.is_dir(follow_symlinks=False)
            wanted = name not in SKIPPED_FOLDERS if is_folder else name.endswith(".py") and os.path.isfile(entry.path)
            if not wanted or _left_out(entry.path, is_folder, asked) or _left_out(entry.path, is_folder, ignores):
                continue
            if is_folder:
                waiting.append((folder / name, ignores))
            else:
                yield folder / name


def _left_out(path: str, is_folder: bool, layers: Iterable[Patterns]) -> bool:
    """Tell what the first of the layers that speaks of the path says."""
    for layer in layers:
        verdict = layer.verdict(path, is_folder=is_folder)
        if verdict is not None:
            return verdict
    return False


def _ignore_files_above(start: Path) -> Iterator[Patterns]:
    """Yield what the repository around a folder ignores, the closest file first; without one, nothing."""
    root = next((folder for folder in (start, *start.parents) if (folder / ".git").exists()), None)
    if root is None:
        return
    for folder in start.parents:
        if folder.is_relative_to(root) and (patterns := read_ignore_file(folder / ".gitignore", folder)):
            yield patterns
    if patterns := read_ignore_file(root / ".git" / "info" / "exclude", root):
        yield patterns


def _once_each(files: Iterable[Path]) -> tuple[Path, ...]:
    """Return the files sorted by name, each under one name only, rather its own than that of a link."""
    named: dict[str, Path] = {}
    for file in sorted(files, key=lambda file: (file.is_symlink(), file)):
        named.setdefault(os.path.realpath(file), file)
    return tuple(sorted(named.values()))
