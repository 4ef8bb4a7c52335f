"""What an expression may be."""

from __future__ import annotations

import builtins
from collections.abc import Hashable

from trainlint.frozen import replace
from trainlint.program import facts
from trainlint.program.assignment import assign
from trainlint.program.attributes import cut_off, subscript
from trainlint.program.conditions import Formula
from trainlint.program.iteration import element_of, keys_of, loader_in
from trainlint.program.machine import Machine
from trainlint.program.readings import join, newest, readings, terms_of
from trainlint.program.records import LoopFacts
from trainlint.program.tensors import Parameters, Tensor
from trainlint.program.torch_api import CONVENTIONAL, role_by_name
from trainlint.program.truth import comparison, test, truth
from trainlint.program.values import Constant, External, FunctionValue, Items, Namespace, Table, Unknown, Value
from trainlint.program.versions import CUT

MAX_FOLDED = 1_000  # digits or letters of a constant that is still computed with
MAX_LISTED = 16  # items of a list that a comprehension is followed through one by one


def evaluate(machine: Machine, expression: facts.Expression, namespace: Namespace) -> Value:
    """Return what an expression other than a name, an attribute or a call may be."""
    match expression:
        case facts.Literal(literal):
            return Constant(literal)
        case facts.Collection(kind, items):
            return _collection(machine, kind, items, namespace)
        case facts.Dictionary(pairs):
            return _dictionary(machine, pairs, namespace)
        case facts.Subscript(base, index):
            whole = machine.evaluate(base, namespace)
            part = subscript(machine, whole, machine.evaluate(index, namespace))
            first = index.items[0] if isinstance(index, facts.Collection) and index.items else index
            if isinstance(first, facts.Opaque):  # `data[:n]`, `data[n:, 0]`
                machine.slices.append((whole, part))
                machine.sliced.setdefault(id(part), []).append(whole)
            return part
        case facts.Binary("and" | "or" as operator, first, second):
            return _short_circuit(machine, operator == "and", first, second, namespace)
        case facts.Comparison(operator, left, right):
            return _compared(machine, operator, machine.evaluate(left, namespace), machine.evaluate(right, namespace))
        case facts.Unary("not", _):
            return _truth(machine, expression, namespace)
        case facts.Unary(_, operand):
            value = machine.evaluate(operand, namespace)
            if not isinstance(value, Tensor):
                return machine.unknown("", value)
            opposite = machine.tensor(value)
            return replace(opposite, terms=opposite.terms | value.terms)
        case facts.Binary(operator, left, right):
            return _arithmetic(machine, operator, machine.evaluate(left, namespace), machine.evaluate(right, namespace))
        case facts.Conditional(condition, then, orelse):
            formula = test(machine, condition, namespace)
            if isinstance(formula, bool):
                with machine.asking(condition):
                    return machine.evaluate(then if formula else orelse, namespace)
            with machine.asking(condition), machine.when(formula, True):
                chosen = machine.evaluate(then, namespace)
            with machine.asking(condition), machine.when(formula, False):
                other = machine.evaluate(orelse, namespace)
            return join(chosen, other)
        case facts.Lambda():
            return FunctionValue(expression, namespace)
        case facts.Comprehension():
            return _comprehension(machine, expression, namespace)
        case facts.NamedExpression(target, inner):
            value = machine.evaluate(inner, namespace)
            assign(machine, target, value, namespace)
            return value
        case facts.Starred(inner):
            return machine.evaluate(inner, namespace)
        case facts.Yield(inner, each):
            value = machine.evaluate(inner, namespace)
            if not each:
                return machine.yielded(value)
            machine.here.loops.append(LoopFacts(facts.render(inner), value, since=machine.number(), through=value))
            machine.yielded(element_of(machine, value))
            machine.here.loops.pop()
            return machine.unknown("", value)
        case facts.Opaque(parts):
            return machine.unknown("", *(machine.evaluate(part, namespace) for part in parts))
    raise AssertionError(expression)


def look_up(machine: Machine, name: str, namespace: Namespace) -> Value:
    """Return what a name means: a variable, a conventional name of torch, a builtin, or something not known."""
    value = namespace.lookup(name)
    if value is not None:
        return value
    if name in CONVENTIONAL:
        return External(CONVENTIONAL[name])
    if name in _BUILTINS:
        return External(f"builtins.{name}")
    outermost = namespace
    while outermost.outer is not None:
        outermost = outermost.outer
    value = machine.unknown(name)
    value.role = role_by_name(name)
    outermost.variables[name] = value
    return value


def as_read(machine: Machine, expression: facts.Expression, namespace: Namespace) -> str:
    """Return an expression as written, but with the text of a key that is known: `loaders['val']`."""
    if isinstance(expression, facts.Subscript):
        key = machine.evaluate(expression.index, namespace)
        if isinstance(key, Constant) and isinstance(key.value, str):
            return f"{facts.render(expression.base)}[{key.value!r}]"
    return facts.render(expression)


def _collection(machine: Machine, kind: str, items: tuple[facts.Expression, ...], namespace: Namespace) -> Value:
    values: list[Value] = []
    complete = True
    for item in items:
        value = machine.evaluate(item, namespace)
        if not isinstance(item, facts.Starred):
            values.append(value)
        elif isinstance(value, Items):
            values.extend(value.items)
            complete = complete and value.complete
        else:
            values.append(element_of(machine, value))
            complete = False
    machine.note_neighbours(values)
    if kind != "tuple":  # which is taken apart again
        machine.hand_over(values)
    return Items(kind, values, machine.number(), complete, machine.here.block, machine.here.block)


def _dictionary(
    machine: Machine,
    pairs: tuple[tuple[facts.Expression | None, facts.Expression], ...],
    namespace: Namespace,
) -> Value:
    table = Table({}, machine.number())
    for key, item in pairs:
        value = machine.evaluate(item, namespace)
        machine.hand_over([value])
        name = None if key is None else machine.evaluate(key, namespace)
        if isinstance(name, Constant):
            table.pairs[name.value] = value
        elif key is None and isinstance(value, Table):
            table.pairs.update(value.pairs)
            table.complete = table.complete and value.complete
        else:
            table.complete = False
            machine.forget_constants(table.pairs)
    return table


def _comprehension(machine: Machine, expression: facts.Comprehension, namespace: Namespace) -> Value:
    inner = Namespace(namespace.file, namespace, function=namespace.function)
    (target, iterable_facts, conditions), *rest = expression.clauses
    iterable = machine.evaluate(iterable_facts, namespace)
    if isinstance(iterable, Table):
        iterable = keys_of(machine, iterable)
    single = not rest and not conditions
    if iterable == CUT and single:  # the numbers of a version, one by one
        return CUT
    if isinstance(iterable, Parameters) and expression.kind != "dict":
        assign(machine, target, iterable, inner)
        element = machine.evaluate(expression.element, inner)
        if isinstance(element, Parameters):
            return replace(element, whole=element.whole and not conditions)
        return Items("list", [element], machine.number(), False)
    elements: list[Value] = []
    keys: list[Value] = []
    if isinstance(iterable, Items) and iterable.complete and single and len(iterable.items) <= MAX_LISTED:
        sources, complete = list(iterable.items), True
    else:
        sources, complete = [element_of(machine, iterable)], False
    loop = LoopFacts(facts.render(iterable_facts), loader_in(iterable) or iterable, since=machine.number())
    machine.here.loops.append(loop)
    with machine.undecided():
        loop.block = machine.here.block
        for source in sources:
            assign(machine, target, source, inner)
            for next_target, next_iterable, _ in rest:
                assign(machine, next_target, element_of(machine, machine.evaluate(next_iterable, inner)), inner)
            elements.append(machine.evaluate(expression.element, inner))
            if expression.value is not None:
                keys.append(elements[-1])
                elements[-1] = machine.evaluate(expression.value, inner)
    machine.here.loops.pop()
    if expression.kind == "dict":
        known: dict[Hashable, Value] = {
            key.value: value for key, value in zip(keys, elements, strict=False) if isinstance(key, Constant)
        }
        whole = complete and len(known) == len(elements)
        unnamed = [value for key, value in zip(keys, elements, strict=False) if not isinstance(key, Constant)]
        return Table(known, machine.number(), whole, unnamed)
    return Items("list" if expression.kind == "generator" else expression.kind, elements, machine.number(), complete)


def _arithmetic(machine: Machine, operator: str, left: Value, right: Value) -> Value:
    if isinstance(left, Constant) and isinstance(right, Constant):
        return _fold(operator, left, right) or machine.unknown()
    if isinstance(left, Items) and isinstance(right, Items) and operator == "+":
        return Items(left.kind, left.items + right.items, machine.number(), left.complete and right.complete)
    if isinstance(left, Parameters) and isinstance(right, Parameters):
        of = None if left.of is None or right.of is None else left.of | right.of
        return Parameters(of, left.gradients)
    if _is_tensor(left) or _is_tensor(right):
        result = machine.tensor(left, right)
        return replace(result, terms=result.terms | terms_of(left) | terms_of(right))
    key: Hashable = ("arithmetic", operator, left.key, right.key)
    return Unknown(key, max(newest(left), newest(right)), parts=(left, right))


def _is_tensor(value: Value) -> bool:
    """Tell whether a value is a tensor wherever it is not a number."""
    options = [option for option in readings(value) if not isinstance(option, Constant)]
    return bool(options) and all(isinstance(option, Tensor) for option in options)


def _fold(operator: str, left: Constant, right: Constant) -> Constant | None:
    a, b = left.value, right.value
    if max(len(repr(a)), len(repr(b))) > MAX_FOLDED:
        return None
    if not isinstance(a, (int, float)) or not isinstance(b, (int, float)):
        return Constant(a + b) if isinstance(a, str) and isinstance(b, str) and operator == "+" else None
    try:
        match operator:
            case "+":
                return Constant(a + b)
            case "-":
                return Constant(a - b)
            case "*":
                return Constant(a * b)
            case "/":
                return Constant(a / b)
            case "//":
                return Constant(a // b)
            case "%":
                return Constant(a % b)
    except (ArithmeticError, ValueError):
        pass
    return None


def _short_circuit(
    machine: Machine, both: bool, first: facts.Expression, second: facts.Expression, namespace: Namespace
) -> Value:
    """Return what `first and second`, or `first or second`, may be: one of the two values."""
    left = machine.evaluate(first, namespace)
    formula = truth(left)
    if isinstance(formula, bool):
        return machine.evaluate(second, namespace) if formula is both else left
    with machine.when(formula, both):
        right = machine.evaluate(second, namespace)
    if not both:
        kept = [reading for reading in readings(left) if truth(reading) is not False]
        left = kept[0] if len(kept) == 1 else left
    return join(left, right)


def _compared(machine: Machine, operator: str, left: Value, right: Value) -> Value:
    """Return the answer of a comparison; of tensors it is a tensor as well, which no gradient passes."""
    formula = comparison(operator, left, right)
    if isinstance(formula, bool):
        return Constant(formula)
    tensors = [value for value in (left, right) if isinstance(value, Tensor)]
    parts = (cut_off(machine, machine.tensor(*tensors), operator, None),) if tensors else ()
    return Unknown(("truth", formula), machine.number(), parts=parts)


def _truth(machine: Machine, expression: facts.Expression, namespace: Namespace) -> Value:
    formula: Formula = test(machine, expression, namespace)
    if isinstance(formula, bool):
        return Constant(formula)
    return Unknown(("truth", formula), machine.number())


_BUILTINS = frozenset(dir(builtins))
