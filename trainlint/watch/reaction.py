"""What a finding leads to while training goes on: a line, a warning, an exception, or a call of the user's."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Literal

from trainlint.errors import UsageError
from trainlint.finding import Finding
from trainlint.report.location import placed
from trainlint.watch.judge import one_line

OnFinding = Literal["print", "warn", "raise"] | Callable[[Finding], object]
CHOICES = ("print", "warn", "raise")


class FindingWarning(UserWarning):
    """A mistake in the training run that is being watched."""


class FindingError(Exception):
    """A mistake in the training run that is being watched, for `on_finding="raise"`."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(one_line(finding))
        self.finding = finding


class Reaction:
    """Tells findings as the user asked for, and knows an exception that is meant to reach the user."""

    def __init__(self, wanted: OnFinding, say: Callable[[str], None]) -> None:
        """`say` prints a line.

        Raises:
            UsageError: `wanted` is neither one of the words nor a function.
        """
        if wanted not in CHOICES and not callable(wanted):
            raise UsageError(f'on_finding is "print", "warn", "raise" or a function of a finding; got {wanted!r}')
        self.prints = wanted == "print"
        self._wanted = wanted
        self._say = say
        self._raised: BaseException | None = None

    def __call__(self, finding: Finding) -> None:
        """Tell one finding; what the user's function raises is the user's to catch."""
        try:
            self._tell(finding)
        except BaseException as error:
            self._raised = error
            raise

    def is_for_the_user(self, error: BaseException) -> bool:
        """Tell whether an exception came from telling a finding, and so is no failure of trainlint."""
        return error is self._raised

    def _tell(self, finding: Finding) -> None:
        if callable(self._wanted):
            self._wanted(finding)
        elif self._wanted == "raise":
            raise FindingError(finding)
        elif self._wanted == "warn":
            at = placed(finding.location)
            warnings.warn_explicit(f"{finding.code} {finding.message}", FindingWarning, at.file, at.row)
        else:
            self._say(one_line(finding))
