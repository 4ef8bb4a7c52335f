"""What is known of a test: true, false, or a condition that other tests share."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, TypeGuard

from trainlint.program import facts
from trainlint.program.conditions import Atom, Formula, conjoin, disjoin, negate
from trainlint.program.machine import Machine
from trainlint.program.readings import newest, readings
from trainlint.program.torch_api import is_harmless
from trainlint.program.values import NONE, Constant, External, Items, Namespace, OneOf, Table, Unknown, Value
from trainlint.program.versions import compare_versions


def test(machine: Machine, expression: facts.Expression, namespace: Namespace) -> Formula:
    """Return the condition under which the expression is true."""
    match expression:
        case facts.Unary("not", operand):
            return negate(test(machine, operand, namespace))
        case facts.Binary("and", left, right):
            first = test(machine, left, namespace)
            if first is False:
                return False
            with machine.when(first, True):
                second = test(machine, right, namespace)
            return conjoin(first, second)
        case facts.Binary("or", left, right):
            first = test(machine, left, namespace)
            if first is True:
                return True
            with machine.when(first, False):
                second = test(machine, right, namespace)
            return disjoin(first, second)
        case facts.Comparison(operator_text, left, right):
            return comparison(operator_text, machine.evaluate(left, namespace), machine.evaluate(right, namespace))
    return truth(machine.evaluate(expression, namespace))


def truth(value: Value) -> Formula:
    """Return the condition under which a value counts as true."""
    match value:
        case Constant(inner):
            return bool(inner)
        case Unknown(key=("truth", formula)):
            return formula  # type: ignore[return-value]
        case Items() | Table():
            size = len(value.items if isinstance(value, Items) else value.pairs)
            return bool(size) if value.complete else Atom(("true", value.key), value.ident)
        case Unknown() | OneOf():
            return negate(_is_none(value))
        case External(dotted) if not is_harmless(dotted):  # `from config import FLAG`, of a file that is not there
            return Atom(("true", value.key), 0)
    return True


def _is_none(value: Value) -> Formula:
    """Return the condition under which a value is `None`; one that is not known is taken as true where it is not."""
    options = readings(value)
    if all(option == NONE for option in options):
        return True
    if not any(option == NONE or isinstance(option, Unknown) for option in options):
        constants = {bool(option.value) for option in options if isinstance(option, Constant)}
        if not constants:
            return False
        if len(constants) == 1 and all(isinstance(option, Constant) for option in options):
            return not constants.pop()
    return Atom(("none", value.key), newest(value))


def comparison(text: str, left: Value, right: Value) -> Formula:
    """Return the condition under which a comparison holds."""
    if text in ("is", "is not", "==", "!=") and NONE in (left, right):
        other = left if right == NONE else right
        if isinstance(other, Constant):
            answer: Formula = other == NONE
        else:
            answer = _is_none(other)
        return answer if text in ("is", "==") else negate(answer)
    if isinstance(left, Constant) and isinstance(right, Constant) and text in _OPERATORS:
        try:
            return bool(_OPERATORS[text](left.value, right.value))
        except TypeError:
            pass
    if text in ("in", "not in") and isinstance(left, Constant) and _all_constant(right):
        found = left in right.items
        return found if text == "in" else not found
    if (decided := compare_versions(text, left, right)) is not None:
        return decided
    born = max(newest(left), newest(right))
    if text in ("!=", "is not", "not in"):
        positive = {"!=": "==", "is not": "is", "not in": "in"}[text]
        return negate(Atom((positive, left.key, right.key), born))
    return Atom((text, left.key, right.key), born)


def _all_constant(value: Value) -> TypeGuard[Items]:
    return isinstance(value, Items) and value.complete and all(isinstance(item, Constant) for item in value.items)


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "is": operator.eq,
    "is not": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
