"""Which files can matter, told from their bytes: what cannot is not parsed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from trainlint.program import facts

_WORDS = re.compile(rb"torch|lightning|\.backward\(|zero_grad|\bnn\.|DataLoader|optim|\.eval\(")


def can_matter(data: bytes) -> bool:
    """Tell whether the text mentions anything that training is made of."""
    return _WORDS.search(data) is not None


def imported_by(files: Iterable[facts.FileFacts]) -> set[str]:
    """Return the last words of the names of all modules that these files may import."""
    found: set[str] = set()
    for file in files:
        for _, dotted, _ in _bindings(file.body):
            found.update(dotted.split(".")[-2:])
    return found


def module_word(name: str) -> str:
    """Return the word by which a file is imported: its stem, or the folder of an `__init__`."""
    path = PurePosixPath(name)
    return path.parent.name if path.stem == "__init__" else path.stem


def _bindings(block: facts.Block) -> Iterator[tuple[str, str, bool]]:
    for statement in block:
        match statement:
            case facts.Import(bindings):
                yield from bindings
            case facts.Function(body=body) | facts.Class(body=body) | facts.With(body=body):
                yield from _bindings(body)
            case facts.If(_, then, orelse):
                yield from _bindings(then + orelse)
            case facts.Try(body, handlers, orelse, final):
                for part in (body, *handlers, orelse, final):
                    yield from _bindings(part)
