"""Follow the operations of a run with the rules about order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from trainlint.finding import Finding
from trainlint.operations import Operation
from trainlint.rule import Rule, State


def order_rules(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the rules that have a half over the shared operations."""
    return tuple(rule for rule in rules if rule.follows)


def advance(rule: Rule, state: State, operations: Iterable[tuple[Operation, int]]) -> tuple[State, tuple[Finding, ...]]:
    """Take one rule over operations, each given with how often in a row; return its state after them."""
    findings: list[Finding] = []
    for operation, repeats in operations:
        if operation.kind not in rule.follows:
            continue
        for _ in range(repeats):
            findings.extend(rule.judge(operation, frozenset({state})))
            after = rule.advance(state, operation)
            if after == state:
                break  # the same operation in the same state: the rest of the row changes nothing
            state = after
    return state, tuple(findings)


def follow(rules: Sequence[Rule], operations: Iterable[Operation]) -> Iterator[Finding]:
    """Take the rules about order over a whole run, and yield what they find, once for each rule and place."""
    states = {rule.code: rule.start for rule in order_rules(rules)}
    seen: set[object] = set()
    for operation in operations:
        for rule in rules:
            if rule.code not in states:
                continue
            states[rule.code], findings = advance(rule, states[rule.code], [(operation, 1)])
            for finding in findings:
                if (finding.code, finding.location) not in seen:
                    seen.add((finding.code, finding.location))
                    yield finding
