"""Rules on the fly: each step's operations, remembered by pattern; each finding told once."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trainlint.finding import Finding, Location
from trainlint.follow import advance, order_rules
from trainlint.operations import Operation
from trainlint.rule import Rule, State
from trainlint.run_findings import encode_finding
from trainlint.watch.store import Row

if TYPE_CHECKING:
    from trainlint.run import Run

_REMEMBERED = 4096  # a rule that counts without end has a new state each step

States = tuple[State, ...]


class Judge:
    """Holds the state of each rule about order, and the findings so far."""

    def __init__(
        self,
        rules: Sequence[Rule],
        put: Callable[[str, Row], None],
        say: Callable[[str], None],
        tell: Callable[[Finding], None],
    ) -> None:
        """`tell` is given each finding; what it raises is meant for the user."""
        self.findings: list[Finding] = []
        self._rules = tuple(rules)
        self._ordered = order_rules(rules)
        # States are numbered: to look up a step like others costs the hash of two integers, not of a state.
        self._numbers: dict[States, int] = {}
        self._states: list[States] = []
        self._state = self._number(tuple(rule.start for rule in self._ordered))
        self._known: dict[tuple[int, int], tuple[int, tuple[Finding, ...]]] = {}
        self._seen: set[tuple[str, object]] = set()
        self._put = put
        self._say = say
        self._tell = tell
        self._untold: list[Finding] = []

    def follow(self, step: int, pattern: int, contents: Callable[[int], Sequence[tuple[Operation, int]]]) -> None:
        """Take the rules over the operations of a pattern, or over what is remembered of them."""
        known = self._known.get((self._state, pattern))
        if known is None:
            if len(self._states) >= _REMEMBERED:
                self._forget(self._states[self._state])
            before = self._state
            states, findings = self._advance(self._states[before], contents(pattern))
            known = self._number(states), findings
            if len(states) == len(self._states[before]):
                self._known[before, pattern] = known
        self._state = known[0]
        if known[1]:
            self._keep(known[1], step)

    def judge(self, run: Run, step: int) -> None:
        """Ask the rules about the facts of the run."""
        for rule in self._rules:
            try:
                findings = tuple(rule.check_run(run))
            except Exception as error:
                self._crashed(rule, error)
                continue
            self._keep(findings, step)

    def deliver(self) -> None:
        """Tell the findings that were not told yet: last of all, as it may raise."""
        while self._untold:
            self._tell(self._untold.pop(0))

    def _keep(self, findings: Iterable[Finding], step: int) -> None:
        """Store the findings that are new."""
        for finding in findings:
            if (finding.code, finding.location) in self._seen:
                continue
            self._seen.add((finding.code, finding.location))
            self._put("finding", (len(self.findings), step, json.dumps(encode_finding(finding))))
            self.findings.append(finding)
            self._untold.append(finding)

    def _advance(
        self, before: States, operations: Sequence[tuple[Operation, int]]
    ) -> tuple[States, tuple[Finding, ...]]:
        states: list[State] = []
        found: list[Finding] = []
        for rule, state in zip(self._ordered, before, strict=True):
            try:
                after, findings = advance(rule, state, operations)
            except Exception as error:
                self._ordered = tuple(other for other in self._ordered if other is not rule)
                self._crashed(rule, error)
                continue
            states.append(after)
            found.extend(findings)
        return tuple(states), tuple(found)

    def _number(self, states: States) -> int:
        number = self._numbers.get(states)
        if number is None:
            number = self._numbers[states] = len(self._states)
            self._states.append(states)
        return number

    def _forget(self, current: States) -> None:
        self._numbers.clear()
        self._states.clear()
        self._known.clear()
        self._state = self._number(current)

    def _crashed(self, rule: Rule, error: Exception) -> None:
        self._rules = tuple(other for other in self._rules if other is not rule)
        self._say(f"rule {rule.name} ({rule.code}) crashed and is off: {type(error).__name__}: {error}")


def one_line(finding: Finding) -> str:
    """Return a finding as one line with its place."""
    return f"{finding.code} {finding.message} ({place(finding)})"


def place(finding: Finding) -> str:
    """Return `file:line`, relative to the working directory where that is shorter."""
    location = finding.location
    if not isinstance(location, Location):
        return str(location)
    try:
        file = str(Path(location.file).relative_to(Path.cwd()))
    except (ValueError, OSError):
        file = location.file
    return f"{file}:{location.row}"


def to_stderr(line: str) -> None:
    """Say one line in the terminal."""
    print(f"trainlint: {line}", file=sys.stderr)
