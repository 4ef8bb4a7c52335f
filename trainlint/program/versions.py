"""What all versions of torch that are supported have in common: tests of the version, and names to import."""

from __future__ import annotations

import re

from trainlint.program import facts
from trainlint.program.values import Arguments, Constant, External, Items, Value

OLDEST = (2, 2)  # of torch, that is supported

WHOLE = External("torch.__version__")
# Cut short or taken apart: 2.13 reads as 2.1 there, and as text "13" comes before "2".
CUT = External("torch.__version__[:]")
MAJOR = External("torch.__version__[0]")
_SURELY_AT_LEAST = {WHOLE: OLDEST, CUT: (OLDEST[0],), MAJOR: (OLDEST[0],)}

_READS = re.compile(r"(.*\.)?(version\.(Loose|Strict)?Version|version\.parse|parse_version|TorchVersion)")
_KEEPS = {f"builtins.{name}" for name in ("str", "int", "float", "list", "tuple", "map")}


def version_called(dotted: str, arguments: Arguments) -> Value | None:
    """Return what a call makes of a version, or of the text of one; `None` where it is about something else."""
    if dotted == "torch.__version__.split":
        return CUT
    if dotted == "torch.__version__.startswith":
        return _begins(arguments.get(0, "prefix"))
    given = arguments.positional[-1] if arguments.positional else None
    if isinstance(given, External) and given in _SURELY_AT_LEAST:
        return given if dotted in _KEEPS or _READS.fullmatch(dotted) else None
    if isinstance(given, Constant) and isinstance(given.value, str) and _READS.fullmatch(dotted):
        return given if _numbers(given) else None
    return None


def version_part(whole: External, index: Value) -> Value | None:
    """Return a part of a version: its first number, or some of them."""
    if whole in (WHOLE, CUT) and index == Constant(0):
        return MAJOR
    return None if whole not in (WHOLE, CUT) or isinstance(index, Constant) else CUT


def compare_versions(text: str, left: Value, right: Value) -> bool | None:
    """Compare the version of torch with another one; `None` where supported versions of torch differ."""
    if isinstance(right, External) and right in _SURELY_AT_LEAST and text in _MIRRORED:
        left, right, text = right, left, _MIRRORED[text]
    if not isinstance(left, External) or left not in _SURELY_AT_LEAST or text not in _MIRRORED:
        return None
    asked = _numbers(right)
    if asked is None:
        return None
    oldest = _SURELY_AT_LEAST[left]
    width = max(len(asked), len(oldest))
    asked, oldest = _padded(asked, width), _padded(oldest, width)
    below, at_or_below = asked < oldest, asked <= oldest
    return {
        "<": False if at_or_below else None,
        "<=": False if below else None,
        "==": False if below else None,
        ">=": True if at_or_below else None,
        ">": True if below else None,
        "!=": True if below else None,
    }[text]


def surely_imported(block: facts.Block) -> bool:
    """Tell whether a block does nothing but import names that every supported torch has."""
    imports = [statement for statement in block if isinstance(statement, facts.Import)]
    names = [dotted for statement in imports for _, dotted, _ in statement.bindings]
    return bool(names) and len(imports) == len(block) and all(map(_is_always_there, names))


def _is_always_there(dotted: str) -> bool:
    home, _, last = dotted.rpartition(".")
    return dotted in _MODULES or (home in _MODULES[1:] and not last.startswith(("_", "*")) and last not in _NEWER)


def _begins(prefix: Value | None) -> Constant | None:
    numbers = _numbers(prefix)
    return Constant(False) if numbers and numbers[0] < OLDEST[0] else None


def _numbers(value: Value | None) -> tuple[int, ...] | None:
    """Return the numbers of a version: of 1.6, "1.6.0" or (1, 6)."""
    if isinstance(value, Items) and value.complete and value.items:
        parts = [_numbers(item) for item in value.items]
        return tuple(number for part in parts if part for number in part) if all(parts) else None
    if not isinstance(value, Constant) or isinstance(value.value, bool):
        return None
    found = re.match(r"\d+(\.\d+)*", str(value.value)) if isinstance(value.value, (str, int, float)) else None
    return tuple(int(number) for number in found[0].split(".")) if found else None


def _padded(numbers: tuple[int, ...], width: int) -> tuple[int, ...]:
    return numbers + (0,) * (width - len(numbers))


_MODULES = (
    *("torch", "torch.nn", "torch.nn.functional", "torch.nn.init", "torch.nn.parallel", "torch.cuda.amp"),
    *("torch.optim", "torch.optim.lr_scheduler", "torch.optim.swa_utils"),
    *("torch.utils.data", "torch.utils.data.distributed", "torch.utils.checkpoint"),
)
# What came to these modules after the oldest torch that is supported.
_NEWER = {"RMSNorm", "rms_norm", "Buffer", "Adafactor", "Muon", "attention", "grouped_mm", "scaled_mm"}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
