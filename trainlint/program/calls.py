"""What a call does: run a function of the program, make an object, or something that a library is known to do."""

from __future__ import annotations

from collections.abc import Callable

from trainlint.frozen import replace
from trainlint.operations import Role
from trainlint.program import facts
from trainlint.program.attributes import attribute
from trainlint.program.conditions import Atom, Formula, negate
from trainlint.program.contexts import Autocast, Context, Managed
from trainlint.program.effects import call_unknown, forward
from trainlint.program.flow import Branch, Tree
from trainlint.program.iteration import element_of
from trainlint.program.library import call_library
from trainlint.program.machine import Machine
from trainlint.program.methods import GROWN, call_method
from trainlint.program.readings import bound, join, newest, readings
from trainlint.program.recorder import place_of
from trainlint.program.values import (
    NO_KEYWORDS,
    NONE,
    Arguments,
    ClassValue,
    Constant,
    External,
    FunctionValue,
    Items,
    Method,
    Namespace,
    Object,
    OneOf,
    Table,
    Unknown,
    Value,
)


def call(machine: Machine, node: facts.Call, namespace: Namespace) -> Value:
    """Return what a call gives, and note the operations that it does."""
    if isinstance(node.callee, facts.Attribute):
        if _is_super(node.callee.base):
            return _call_super(machine, node, node.callee.name, namespace)
        base = machine.evaluate(node.callee.base, namespace)
        arguments = _arguments(machine, node, namespace)
        name = node.callee.name
        if not isinstance(base, (OneOf, Constant)):
            return _call_attribute(machine, base, name, arguments, node, namespace)
        options = [r for r in readings(base) if not isinstance(r, Constant) or hasattr(r.value, name)]
        return _each(machine, options, lambda o: _call_attribute(machine, o, name, arguments, node, namespace))
    callee = machine.evaluate(node.callee, namespace)
    arguments = _arguments(machine, node, namespace)
    if not isinstance(callee, (OneOf, Constant)):
        return call_value(machine, callee, arguments, node, namespace)
    options = [reading for reading in readings(callee) if reading != NONE]
    return _each(machine, options, lambda option: call_value(machine, option, arguments, node, namespace))


def _each(machine: Machine, options: list[Value], run: Callable[[Value], Value]) -> Value:
    """Call each thing that a callee may be; if it may be several, one of them happens."""
    if not options:
        return machine.unknown()
    if len(options) == 1:
        return run(options[0])
    # What a name stands for is the same at the next call of it: a test that comes out alike.
    known = tuple(option.key for option in options)
    tests = [Atom(("which", known, option.key), max(map(newest, options))) for option in options[:-1]]
    ways: list[Formula] = [*tests, negate(tests[-1])]
    trees: list[tuple[Tree, ...]] = []
    result: Value | None = None
    for option, way in zip(options, ways, strict=True):
        with machine.undecided(way), machine.captured() as out:
            value = run(option)
        trees.append(tuple(out))
        result = value if result is None else join(result, value)
    tree = trees[-1]
    for test, other in zip(reversed(tests), reversed(trees[:-1]), strict=True):
        tree = (Branch(test, other, tree),)
    if any(trees):
        machine.here.out.extend(tree)
    assert result is not None
    return result


def _arguments(machine: Machine, node: facts.Call, namespace: Namespace) -> Arguments:
    positional: list[Value] = []
    keyword: dict[str, Value] = {}
    complete = ends = True
    for argument in node.arguments:
        value = machine.evaluate(argument.value, namespace)
        if argument.keyword is not None:
            keyword[argument.keyword] = value
        elif argument.star == "*":
            if isinstance(value, Items) and value.complete:
                positional.extend(value.items)
                ends = True
            else:
                positional.extend(value.items if isinstance(value, Items) else [element_of(machine, value)])
                complete = False
                ends = isinstance(value, Items) and value.ends
        elif argument.star == "**":
            if isinstance(value, Table):
                keyword.update({str(key): item for key, item in value.pairs.items()})
                complete = complete and value.complete
            else:
                complete = False
        else:
            positional.append(value)
            ends = True
    return Arguments(tuple(positional), keyword or NO_KEYWORDS, complete, ends)


def _call_attribute(
    machine: Machine, base: Value, name: str, arguments: Arguments, node: facts.Call, namespace: Namespace
) -> Value:
    steps = isinstance(base, Object) and base.role in (Role.OPTIMIZER, Role.SCHEDULER) and name in ("step", "zero_grad")
    if steps and isinstance(base, Object):
        result = call_value(machine, Method(base, name), arguments, node, namespace)
        own = bound(base, name)
        if own is not None:  # a step may clear the gradients itself
            machine.invoke(own, arguments)
        return result
    if isinstance(base, Object) and base.role is Role.MODEL and name == "forward" and not machine.here.tracing:
        return call_value(machine, base, arguments, node, namespace)
    if isinstance(base, (External, ClassValue)) or (isinstance(base, Object) and _has_own(base, name)):
        return call_value(machine, attribute(machine, base, name, namespace.file), arguments, node, namespace)
    return call_value(machine, Method(base, name), arguments, node, namespace)


def _has_own(base: Object, name: str) -> bool:
    return name in base.members or (isinstance(base.origin, ClassValue) and base.origin.member(name) is not None)


def call_value(machine: Machine, callee: Value, arguments: Arguments, node: facts.Call, namespace: Namespace) -> Value:
    """Call a value."""
    match callee:
        case FunctionValue(manages=True):
            return Managed(callee, arguments)
        case FunctionValue():
            machine.called_from = place_of(node, namespace)
            return machine.invoke(callee, arguments)
        case ClassValue():
            called = machine.note(callee, arguments, node, namespace)
            return machine.gave(called, machine.instantiate(callee, arguments, called.place))
        case Context(grad) if arguments.positional:
            decorated = arguments.positional[0]
            return replace(decorated, grad=grad) if isinstance(decorated, FunctionValue) else decorated
        case Autocast() if arguments.positional:
            decorated = arguments.positional[0]
            return replace(decorated, autocast=callee) if isinstance(decorated, FunctionValue) else decorated
        case Method(receiver, name):
            called = machine.note(callee, arguments, node, namespace)
            return machine.gave(called, call_method(machine, receiver, name, arguments, node, namespace))
        case External(dotted):
            called = machine.note(callee, arguments, node, namespace)
            return machine.gave(called, call_library(machine, dotted, arguments, node, namespace))
        case Object(role=Role.MODEL):
            called = machine.note(callee, arguments, node, namespace)
            return machine.gave(called, forward(machine, callee, arguments, node, namespace))
        case Object(origin="functools.partial", arguments=Arguments((inner, *first))):
            merged = Arguments(
                (*first, *arguments.positional),
                {**callee.arguments.keyword, **arguments.keyword},
                callee.arguments.complete and arguments.complete,
            )
            return call_value(machine, inner, merged, node, namespace)
        case Object(origin=ClassValue() as cls) if isinstance(cls.member("__call__"), FunctionValue):
            method = attribute(machine, callee, "__call__", namespace.file)
            return call_value(machine, method, arguments, node, namespace)
        case OneOf():
            return _each(machine, list(callee.readings), lambda o: call_value(machine, o, arguments, node, namespace))
        case Unknown(role=Role.MODEL):
            return forward(machine, callee, arguments, node, namespace)
    called = machine.note(callee, arguments, node, namespace)
    return machine.gave(called, call_unknown(machine, callee, arguments, node, namespace))


def _is_super(base: facts.Expression) -> bool:
    return isinstance(base, facts.Call) and isinstance(base.callee, facts.Name) and base.callee.id == "super"


def _call_super(machine: Machine, node: facts.Call, name: str, namespace: Namespace) -> Value:
    arguments = _arguments(machine, node, namespace)
    frame = next((f for f in reversed(machine.here.frames) if f.function.owner is not None), None)
    if frame is None or frame.function.owner is None or frame.function.receiver is None:
        return machine.unknown()
    receiver = frame.function.receiver
    for base in frame.function.owner.bases:
        member = base.member(name) if isinstance(base, ClassValue) else None
        if isinstance(member, FunctionValue):
            bound = replace(member, receiver=receiver)
            return machine.invoke(bound, arguments)
    if name == "__init__" and isinstance(receiver, Object):
        _hold_layers(receiver, arguments)
        if receiver.role is Role.LOADER:
            certain = machine.here.depth <= receiver.depth
            receiver.arguments = arguments if certain else Arguments(complete=False, ends=False)
    if name.startswith("__"):
        return NONE
    return call_method(machine, receiver, name, arguments, node, namespace)


def _hold_layers(receiver: Object, arguments: Arguments) -> None:
    """Give an instance of a subclass of `Sequential` the layers that it hands to its base."""
    if isinstance(receiver.origin, ClassValue) and "torch.nn.Sequential" in receiver.origin.library_bases():
        for number, layer in enumerate(arguments.positional):
            receiver.members[f"({number})"] = layer
        receiver.members[GROWN] = Constant(arguments.ends)
