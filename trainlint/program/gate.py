"""Which files can matter, told from their bytes: what cannot is not parsed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from trainlint.program import facts

_WORDS = re.compile(rb"torch|lightning|\.backward\(|zero_grad|\bnn\.|DataLoader|optim|\.eval\(")


def can_matter(data: bytes) -> bool:
    """Tell whether the text mentions anything that training is made of."""
    return _WORDS.search(data) is not None


def imported_by(files: Iterable[facts.FileFacts]) -> set[str]:
    """Return the last words of the names of all modules that these files may import."""
    return {word for file in files for dotted in file.imported for word in dotted.split(".")[-2:]}


def module_word(name: str) -> str:
    """Return the word by which a file is imported: its stem, or the folder of an `__init__`."""
    path = PurePosixPath(name)
    return path.parent.name if path.stem == "__init__" else path.stem


_IMPORTS = re.compile(rb"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+)?import[ \t]+([^#\n]+)", re.MULTILINE)
_NAME = re.compile(rb"[^\W\d]\w*")


def imports_any(data: bytes, words: set[str]) -> bool:
    """Tell whether an import in the text mentions one of these modules."""
    for match in _IMPORTS.finditer(data):
        mentioned = _NAME.findall((match.group(1) or b"") + b" " + match.group(2))
        if not words.isdisjoint(word.decode(errors="replace") for word in mentioned):
            return True
    return False
