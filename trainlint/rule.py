"""What a rule is: one mistake, its page, and the halves that find it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from trainlint.finding import Confidence, Evidence, Finding, Fix, Location, Place, Related, Severity
from trainlint.operations import Kind, Operation

if TYPE_CHECKING:
    from trainlint.program.query import Program
    from trainlint.run import Run

State = Hashable


class Rule:
    """One mistake.

    The docstring of a subclass is the rule's page. A rule has a static half (`check_program`), a runtime half
    (`check_run`), or one half over the shared operations (`advance` and `judge`), which serves both. All are pure:
    no I/O, no clock, no randomness.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity]
    since: ClassVar[str]
    references: ClassVar[tuple[str, ...]]
    bad: ClassVar[str]
    good: ClassVar[str]

    follows: ClassVar[frozenset[Kind]] = frozenset()
    """The operations that `advance` and `judge` are told of; empty for a rule without that half."""
    needs: ClassVar[frozenset[Kind]] = frozenset()
    """Operations without which `judge` finds nothing: code that lacks one of them is not looked at."""
    start: ClassVar[State] = ()
    judges_whole: ClassVar[bool] = False
    """Whether `judge` is to be told at once of all states in which an operation of the source can be reached, in
    whichever pass of the loops around it; not of each pass apart."""

    def check_program(self, program: Program) -> Iterable[Finding]:
        """Find the mistake in the facts of the source."""
        return ()

    def check_run(self, run: Run) -> Iterable[Finding]:
        """Find the mistake in the facts of a run."""
        return ()

    def advance(self, state: State, operation: Operation) -> State:
        """Return the state of training after one operation, along one path of the source or along a run."""
        return state

    def judge(self, operation: Operation, states: frozenset[State]) -> Iterator[Finding]:
        """Find the mistake at an operation that is reached in one of `states`; a run has exactly one of them."""
        yield from ()

    def finding(
        self,
        location: Place | Location,
        message: str,
        *,
        related: tuple[Related, ...] = (),
        evidence: Evidence | None = None,
        confidence: Confidence = Confidence.HIGH,
        fix: Fix | None = None,
    ) -> Finding:
        """Make a finding of this rule. One of a run edits nothing: the source may be another by now."""
        if fix is not None and isinstance(location, Location):
            fix = Fix(fix.title, fix.safe)
        return Finding(self.code, self.name, self.severity, message, location, related, evidence or {}, confidence, fix)
