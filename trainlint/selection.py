"""Choose rules by code, code prefix or name, and say so when there is no such rule."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

from trainlint.errors import UsageError
from trainlint.finding import Severity
from trainlint.rule import Rule

Selectors = tuple[str, ...]
Label = tuple[str, str]  # the code and the name of a rule

_PREFIX = re.compile(r"TL\d*")


def matches(selector: str, code: str, name: str) -> bool:
    """Tell whether `TL301`, `TL3` or `clip-before-unscale` means the rule."""
    return code.startswith(selector) if _PREFIX.fullmatch(selector) else selector == name


def any_matches(selectors: Iterable[str], code: str, name: str) -> bool:
    """Tell whether one of the selectors means the rule."""
    return any(matches(selector, code, name) for selector in selectors)


def choose(rules: Iterable[Rule], select: Selectors | None, ignore: Selectors) -> list[Rule]:
    """Return the rules that `select` and `ignore` leave, where the closer description of a rule wins.

    Without `select` it is every rule but those that only advise.
    """
    return [rule for rule in rules if _wanted(select, rule) > _closeness(ignore, rule)]


def _wanted(select: Selectors | None, rule: Rule) -> int:
    if select is None:
        return 0 if rule.severity is Severity.INFO else 1
    return _closeness(select, rule)


def _closeness(selectors: Selectors, rule: Rule) -> int:
    """Return how much of the rule's code the closest selector gives, 0 if none means the rule."""
    return max(
        (
            len(selector) if rule.code.startswith(selector) else len(rule.code)
            for selector in selectors
            if matches(selector, rule.code, rule.name)
        ),
        default=0,
    )


def unknown_selector(selectors: Iterable[str], labels: Sequence[Label]) -> str | None:
    """Return what to say of the first selector that means no rule, or `None`."""
    for selector in selectors:
        if not any(matches(selector, *label) for label in labels):
            words = [word for label in labels for word in label]
            return f"there is no rule `{selector}`{suggest(selector, words)}"
    return None


def verify(selectors: Iterable[str], labels: Sequence[Label], where: str) -> None:
    """Make sure that each selector means a rule.

    Raises:
        UsageError: one does not; the message begins with `where` and names the nearest.
    """
    if problem := unknown_selector(selectors, labels):
        raise UsageError(f"{where}: {problem}")


def suggest(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean …?` with the nearest known word, or nothing where none is near."""
    by_lower = {each.lower(): each for each in known}
    nearest = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.5)
    return f"; did you mean `{by_lower[nearest[0]]}`?" if nearest else ""
