"""What an expression may be, and what an assignment changes."""

from __future__ import annotations

import builtins
from collections.abc import Hashable

from trainlint.operations import Kind, Role
from trainlint.program import facts
from trainlint.program.conditions import Formula
from trainlint.program.machine import LoopFacts, Machine
from trainlint.program.names import assigned_members
from trainlint.program.truth import test
from trainlint.program.torch_api import CONVENTIONAL, ITERATES, role_by_name
from trainlint.program.values import (
    HIDDEN,
    NONE,
    Arguments,
    ClassValue,
    Constant,
    External,
    File,
    FunctionValue,
    Items,
    Method,
    Namespace,
    Object,
    OneOf,
    Parameters,
    Table,
    Tensor,
    Unknown,
    Value,
    join,
    newest,
    parameters_of,
    readings,
)

MAX_LISTED = 16  # items of a list that a comprehension is followed through one by one


def evaluate(machine: Machine, expression: facts.Expression, namespace: Namespace) -> Value:
    """Return what an expression other than a call may be."""
    match expression:
        case facts.Name(name):
            return look_up(machine, name, namespace)
        case facts.Literal(literal):
            return Constant(literal)
        case facts.Attribute(base, name):
            return attribute(machine, machine.evaluate(base, namespace), name, namespace.file)
        case facts.Collection(kind, items):
            return _collection(machine, kind, items, namespace)
        case facts.Dictionary(pairs):
            return _dictionary(machine, pairs, namespace)
        case facts.Subscript(base, index):
            return subscript(machine, machine.evaluate(base, namespace), machine.evaluate(index, namespace))
        case facts.Unary("not", _) | facts.Binary("and" | "or", _, _) | facts.Comparison():
            return _truth(machine, expression, namespace)
        case facts.Unary(_, operand):
            value = machine.evaluate(operand, namespace)
            return machine.tensor(value) if isinstance(value, Tensor) else machine.unknown("", value)
        case facts.Binary(operator, left, right):
            return _arithmetic(
                machine, operator, machine.evaluate(left, namespace), machine.evaluate(right, namespace)
            )
        case facts.Conditional(condition, then, orelse):
            formula = test(machine, condition, namespace)
            if isinstance(formula, bool):
                return machine.evaluate(then if formula else orelse, namespace)
            return join(machine.evaluate(then, namespace), machine.evaluate(orelse, namespace))
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
        case facts.Yield(inner):
            return machine.yielded(machine.evaluate(inner, namespace))
        case facts.Opaque(parts):
            return machine.unknown("", *(machine.evaluate(part, namespace) for part in parts))
    raise AssertionError(expression)


def look_up(machine: Machine, name: str, namespace: Namespace) -> Value:
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


def attribute(machine: Machine, base: Value, name: str, file: File) -> Value:
    """Return what `base.name` may be."""
    match base:
        case External(dotted):
            return machine.resolve(f"{dotted}.{name}", file)
        case Object():
            return _member(machine, base, name)
        case Unknown():
            return member_of_unknown(base, name)
        case Tensor():
            if name in ("data", "grad"):
                return Tensor(machine.number(), frozenset(), base.scaler, base.loader)
            return (
                machine.tensor(base) if name in ("T", "mT", "logits", "loss") else machine.unknown(name, base)
            )
        case ClassValue():
            return base.member(name) or machine.unknown(name)
        case OneOf(values):
            found = [attribute(machine, value, name, file) for value in values if value != NONE]
            result = found[0] if found else machine.unknown(name)
            for value in found[1:]:
                result = join(result, value)
            return result
        case Parameters(of):
            return (
                Parameters(of, gradients=True)
                if name == "grad"
                else base
                if name == "data"
                else Method(base, name)
            )
        case Items() | Table():
            return Method(base, name)
    return machine.unknown(name, base)


def member_of_unknown(base: Unknown, name: str) -> Unknown:
    if name not in base.members:
        made = Unknown(("member", base.key, name), base.born, name, parts=base.parts)
        made.role = role_by_name(name)
        base.members[name] = made
    return base.members[name]


def _member(machine: Machine, base: Object, name: str) -> Value:
    value = base.members.get(name)
    cls = base.origin
    if isinstance(cls, str):
        if value is not None:
            return value
        if base.role is Role.MODEL and name == "module":
            return base
        if base.role is Role.OPTIMIZER and name == "param_groups":
            given = base.arguments.get(0, "params")
            return Parameters(None if given is None else parameters_of(given))
        return Method(base, name)
    if value is not None:
        if isinstance(value, Constant) and name in assigned_members(cls.facts):
            return machine.unknown(name)
        return value
    member = cls.member(name)
    match member:
        case FunctionValue():
            return FunctionValue(
                member.facts, member.namespace, base, member.owner, member.grad, member.manages
            )
        case Object(origin="builtins.property", arguments=Arguments((FunctionValue() as getter, *_))):
            return machine.invoke(
                FunctionValue(getter.facts, getter.namespace, base, getter.owner), Arguments()
            )
        case Object(origin="builtins.staticmethod", arguments=Arguments((FunctionValue() as static, *_))):
            return static
        case Object(origin="builtins.classmethod", arguments=Arguments((FunctionValue() as inner, *_))):
            return FunctionValue(inner.facts, inner.namespace, cls, inner.owner)
        case None:
            if base.role is Role.MODEL and name not in ("module",):
                return Method(base, name)
            if any(True for _ in cls.library_bases()):
                return Method(base, name)
            made = machine.unknown(name)
            made.role = role_by_name(name)
            base.members[name] = made
            return made
    return member


def subscript(machine: Machine, base: Value, index: Value) -> Value:
    match base, index:
        case Items(items=items), Constant(int() as position) if base.complete and -len(
            items
        ) <= position < len(items):
            return items[position]
        case Items(items=items), _ if items:
            result = items[0]
            for item in items[1:]:
                result = join(result, item)
            return result
        case Table(pairs=pairs), Constant(key) if key in pairs:
            return pairs[key]
        case Tensor(), _:
            return machine.tensor(base)
        case Parameters(), _:
            return base
        case Unknown(), Constant(key):
            return member_of_unknown(base, f"[{key!r}]")
        case Object(role=Role.MODEL, arguments=Arguments(layers)), Constant(int() as position):
            if isinstance(base.origin, str) and -len(layers) <= position < len(layers):
                return layers[position]
        case OneOf(values), _:
            found = [subscript(machine, value, index) for value in values if value != NONE]
            result = found[0] if found else machine.unknown()
            for value in found[1:]:
                result = join(result, value)
            return result
    return machine.unknown("", base)


def as_read(machine: Machine, expression: facts.Expression, namespace: Namespace) -> str:
    """Return an expression as written, but with the text of a key that is known: `loaders['val']`."""
    if isinstance(expression, facts.Subscript):
        key = machine.evaluate(expression.index, namespace)
        if isinstance(key, Constant) and isinstance(key.value, str):
            return f"{facts.render(expression.base)}[{key.value!r}]"
    return facts.render(expression)


def extend(machine: Machine, items: Items, more: Value) -> None:
    """Append what `more` holds to a list, in place."""
    if isinstance(more, Items):
        items.items.extend(more.items)
        items.complete = items.complete and more.complete and items.made_in == machine.block
    else:
        items.items.append(element_of(machine, more))
        items.complete = False
    items.block = machine.block


def element_of(machine: Machine, iterable: Value) -> Value:
    """Return what a loop over `iterable` gives in one iteration."""
    match iterable:
        case Object(role=Role.LOADER):
            return Tensor(machine.number(), frozenset(), None, iterable)
        case Object(origin="builtins.enumerate", arguments=Arguments((inner, *_))):
            return Items("tuple", [machine.unknown(), element_of(machine, inner)], machine.number())
        case Object(origin="builtins.zip", arguments=Arguments(inners)) if inners:
            return Items("tuple", [element_of(machine, inner) for inner in inners], machine.number())
        case Object(origin=str() as origin, arguments=Arguments((inner, *_))) if origin in ITERATES:
            return element_of(machine, inner)
        case Items(items=items) if items:
            result = items[0]
            for item in items[1:]:
                result = join(result, item)
            return result
        case Parameters():
            return iterable
        case Unknown(role=Role.LOADER):
            return Tensor(machine.number(), frozenset(), None, iterable)
        case OneOf(values):
            return element_of(machine, values[0])
    return machine.unknown("", iterable)


def loader_in(value: Value, depth: int = 4) -> Value | None:
    """Return the data loader that a loop over `value` draws from."""
    if isinstance(value, (Object, Unknown)) and value.role is Role.LOADER:
        return value
    if depth == 0:
        return None
    inner: tuple[Value, ...] = ()
    match value:
        case Object(origin=str(), role=None, arguments=arguments):
            inner = tuple(arguments.values())
        case Unknown(parts=parts):
            inner = parts
        case OneOf(values):
            inner = values
        case Tensor(loader=loader):
            return loader
    return next((found for part in inner if (found := loader_in(part, depth - 1)) is not None), None)


def assign(
    machine: Machine,
    target: facts.Expression,
    value: Value,
    namespace: Namespace,
    statement: facts.Assign | None = None,
) -> None:
    """Bind what the target names to a value; setting a gradient to `None` clears it."""
    match target:
        case facts.Name(name):
            _call_it(value, name)
            namespace.shared.get(name, namespace).variables[name] = value
        case facts.Attribute(base, name):
            _call_it(value, facts.render(target))
            for owner in readings(machine.evaluate(base, namespace)):
                if name == "grad" and statement is not None:
                    kind = Kind.ZERO_GRAD if value == NONE else Kind.UNKNOWN
                    of = owner.of if isinstance(owner, Parameters) else None
                    machine.emit(kind, statement, namespace, models=machine.models(of))
                _set_member(machine, owner, name, value)
        case facts.Subscript(base, index):
            owner = machine.evaluate(base, namespace)
            key = machine.evaluate(index, namespace)
            if isinstance(owner, Table):
                if isinstance(key, Constant):
                    owner.pairs[key.value] = value
                else:
                    owner.complete = False
            elif isinstance(owner, Items):
                owner.complete = False
                owner.items.append(value)
        case facts.Collection(_, items):
            for position, item in enumerate(items):
                if isinstance(item, facts.Starred):
                    assign(machine, item.value, machine.unknown("", value), namespace)
                else:
                    assign(machine, item, _unpacked(machine, value, position, len(items)), namespace)
        case facts.Starred(inner):
            assign(machine, inner, value, namespace)


def _set_member(machine: Machine, owner: Value, name: str, value: Value) -> None:
    match owner:
        case Object():
            known = owner.members.get(name)
            uncertain = known is not None and machine.depth > owner.depth
            owner.members[name] = join(known, value) if uncertain and known is not None else value
        case Unknown():
            if isinstance(value, Unknown):
                owner.members[name] = value
            else:
                owner.members.pop(name, None)
        case Parameters(of) if name == "requires_grad":
            freeze(of)


def freeze(modules: frozenset[Value] | None) -> None:
    """Remember that some parameters of these modules may not be trained."""
    for module in modules or ():
        if isinstance(module, Object):
            module.members[FROZEN] = Constant(True)
        elif isinstance(module, Unknown):
            module.members[FROZEN] = HIDDEN


FROZEN = "__frozen__"


def _call_it(value: Value, name: str) -> None:
    """Remember the first name that the source gives to something."""
    if isinstance(value, (Object, Unknown)) and not value.name:
        value.name = name
        if isinstance(value, Unknown) and value.role is None:
            value.role = role_by_name(name)


def _unpacked(machine: Machine, value: Value, position: int, count: int) -> Value:
    match value:
        case Items(items=items) if value.complete and len(items) == count:
            return items[position]
        case Items(items=items) if items:
            return items[min(position, len(items) - 1)]
        case Tensor():
            return machine.tensor(value)
        case Unknown():
            return member_of_unknown(value, f"[{position}]")
        case Parameters():
            return value
        case OneOf(values):
            return _unpacked(machine, values[0], position, count)
    return machine.unknown("", value)


def _collection(
    machine: Machine, kind: str, items: tuple[facts.Expression, ...], namespace: Namespace
) -> Value:
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
    return Items(kind, values, machine.number(), complete, machine.block, machine.block)


def _dictionary(
    machine: Machine,
    pairs: tuple[tuple[facts.Expression | None, facts.Expression], ...],
    namespace: Namespace,
) -> Value:
    table = Table({}, machine.number())
    for key, item in pairs:
        value = machine.evaluate(item, namespace)
        name = None if key is None else machine.evaluate(key, namespace)
        if isinstance(name, Constant):
            table.pairs[name.value] = value
        elif key is None and isinstance(value, Table):
            table.pairs.update(value.pairs)
            table.complete = table.complete and value.complete
        else:
            table.complete = False
    return table


def _comprehension(machine: Machine, expression: facts.Comprehension, namespace: Namespace) -> Value:
    inner = Namespace(namespace.file, namespace, function=namespace.function)
    (target, iterable_facts, conditions), *rest = expression.clauses
    iterable = machine.evaluate(iterable_facts, namespace)
    single = not rest and not conditions
    if isinstance(iterable, Parameters) and expression.kind != "dict":
        assign(machine, target, iterable, inner)
        element = machine.evaluate(expression.element, inner)
        return (
            element if isinstance(element, Parameters) else Items("list", [element], machine.number(), False)
        )
    elements: list[Value] = []
    if isinstance(iterable, Items) and iterable.complete and single and len(iterable.items) <= MAX_LISTED:
        sources, complete = list(iterable.items), True
    else:
        sources, complete = [element_of(machine, iterable)], False
    loop = LoopFacts(facts.render(iterable_facts), loader_in(iterable) or iterable)
    machine.loops.append(loop)
    with machine.undecided():
        for source in sources:
            assign(machine, target, source, inner)
            for next_target, next_iterable, _ in rest:
                assign(
                    machine, next_target, element_of(machine, machine.evaluate(next_iterable, inner)), inner
                )
            elements.append(machine.evaluate(expression.element, inner))
            if expression.value is not None:
                elements[-1] = machine.evaluate(expression.value, inner)
    machine.loops.pop()
    if expression.kind == "dict":
        return machine.unknown("", *elements)
    return Items(
        "list" if expression.kind == "generator" else expression.kind, elements, machine.number(), complete
    )


def _arithmetic(machine: Machine, operator: str, left: Value, right: Value) -> Value:
    if isinstance(left, Constant) and isinstance(right, Constant):
        return _fold(operator, left, right) or machine.unknown()
    if isinstance(left, Items) and isinstance(right, Items) and operator == "+":
        return Items(left.kind, left.items + right.items, machine.number(), left.complete and right.complete)
    if isinstance(left, Parameters) and isinstance(right, Parameters):
        of = None if left.of is None or right.of is None else left.of | right.of
        return Parameters(of, left.gradients)
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return machine.tensor(left, right)
    key: Hashable = ("arithmetic", operator, left.key, right.key)
    return Unknown(key, max(newest(left), newest(right)), parts=(left, right))


def _fold(operator: str, left: Constant, right: Constant) -> Constant | None:
    a, b = left.value, right.value
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


def _truth(machine: Machine, expression: facts.Expression, namespace: Namespace) -> Value:
    if isinstance(expression, facts.Binary) and expression.operator == "or":  # `x or default`
        left = machine.evaluate(expression.left, namespace)
        if not isinstance(left, (Constant, Unknown)):
            return left
    formula: Formula = test(machine, expression, namespace)
    if isinstance(formula, bool):
        return Constant(formula)
    return Unknown(("truth", formula), machine.number())


_BUILTINS = frozenset(dir(builtins))
