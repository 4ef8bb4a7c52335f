"""What a statement does: to names, and to the order of operations."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import zip_longest

from trainlint.finding import Place
from trainlint.operations import Role
from trainlint.program import facts
from trainlint.program.assignment import assign, handed_back
from trainlint.program.autocast import inside
from trainlint.program.conditions import Formula, negate
from trainlint.program.expressions import as_read
from trainlint.program.flow import Branch, Choice, Exit, Loop, Tree, Unrolled
from trainlint.program.iteration import element_of, extend, keys_of, loader_in, may_be_several
from trainlint.program.layers import layers_one_by_one
from trainlint.program.leaving import before_leaving
from trainlint.program.machine import MAX_STEPS, Machine
from trainlint.program.names import assigned_names, assignment_ordinals, share_names
from trainlint.program.readings import bound, join, readings
from trainlint.program.recorder import place_of
from trainlint.program.records import Handed, LoopFacts, Mentioned, Turn
from trainlint.program.torch_api import grad_context
from trainlint.program.truth import test
from trainlint.program.values import (
    NONE,
    Arguments,
    Autocast,
    ClassValue,
    Constant,
    Context,
    External,
    FunctionValue,
    Items,
    Managed,
    Namespace,
    Object,
    OneOf,
    Table,
    Tensor,
    Unknown,
    Value,
)

MAX_UNROLLED = 8  # items of a known list that a loop is followed through one by one


def run_block(machine: Machine, statements: facts.Block, namespace: Namespace | None) -> bool:
    """Interpret statements in order; return whether control may reach their end."""
    assert namespace is not None
    known = len(machine.here.asked)
    falls = True
    for statement in statements:
        if not _statement(machine, statement, namespace):
            falls = False
            break
    del machine.here.asked[known:]
    return falls


def _statement(machine: Machine, statement: facts.Statement, namespace: Namespace) -> bool:
    machine.here.steps += 1
    if machine.here.steps > MAX_STEPS:
        return True
    match statement:
        case facts.Evaluate(facts.Attribute(base, name) as expression):
            owner = machine.evaluate(base, namespace)
            if statement is not machine.tried:
                text, place = facts.render(expression), place_of(statement, namespace)
                machine.mentioned.append(Mentioned(owner, name, text, place))
        case facts.Evaluate(expression):
            machine.statement = expression
            machine.evaluate(expression, namespace)
            return not (machine.here.out and isinstance(machine.here.out[-1], Exit))
        case facts.Assign(targets, expression):
            value = machine.evaluate(expression, namespace)
            for target in targets:
                given = handed_back(machine, expression, target, value, namespace)
                assign(machine, target, given, namespace, statement)
        case facts.Augment(target, operator, expression):
            known = machine.evaluate(target, namespace)
            if isinstance(known, Items) and operator == "+":
                extend(machine, known, machine.evaluate(expression, namespace))
                return True
            sum_ = facts.Binary(operator, target, expression)
            changed = machine.evaluate(sum_, namespace)
            if isinstance(changed, Constant):
                changed = machine.unknown()
            written = facts.Assign((target,), sum_, statement.ordinal)
            assign(machine, target, changed, namespace, written)
        case facts.If():
            return _branch(machine, statement, namespace)
        case facts.For():
            return _loop_over(machine, statement, namespace)
        case facts.While():
            condition = test(machine, statement.test, namespace)
            if condition is False:
                return run_block(machine, statement.orelse, namespace)
            _loop(
                machine,
                statement.body,
                namespace,
                LoopFacts(facts.render(statement.test), None, place_of(statement, namespace)),
                None,
            )
            return run_block(machine, statement.orelse, namespace)
        case facts.With():
            return _with_contexts(machine, statement, namespace)
        case facts.Try():
            return _attempt(machine, statement, namespace)
        case facts.Match(subject, cases):
            machine.evaluate(subject, namespace)
            return _choose(machine, [*cases, ()], namespace)
        case facts.Leave(kind, returned):
            value = NONE if returned is None else machine.evaluate(returned, namespace)
            if kind == "return" and machine.here.frames:
                frame = machine.here.frames[-1]
                frame.returned = value if frame.returned is None else join(frame.returned, value)
            machine.here.out.append(Exit(kind))
            return False
        case facts.Delete(targets):
            for target in targets:
                if isinstance(target, facts.Name):
                    namespace.variables.pop(target.id, None)
                elif isinstance(target, facts.Subscript):
                    machine.note_released(machine.evaluate(target.base, namespace))
        case facts.Share(names):
            share_names(names, namespace)
        case facts.Import(bindings):
            _bind_imports(machine, bindings, namespace)
        case facts.Function():
            namespace.variables[statement.name] = _function(machine, statement, namespace)
        case facts.Class():
            namespace.variables[statement.name] = _class_value(machine, statement, namespace)
    return True


def _bind_imports(machine: Machine, bindings: tuple[tuple[str, str, bool], ...], namespace: Namespace) -> None:
    for local, written, _ in bindings:
        dotted = machine.project.absolute(written, namespace.file)
        if local == "*":
            file = machine.project.find(dotted, namespace.file)
            if file is not None and file is not namespace.file:
                for name, value in machine.load(file).variables.items():
                    if not name.startswith("_"):
                        namespace.variables[name] = value
        else:
            namespace.variables[local] = machine.resolve(dotted, namespace.file)


def _function(machine: Machine, statement: facts.Function, namespace: Namespace) -> Value:
    outer = namespace
    while outer.function == "class":
        assert outer.outer is not None
        outer = outer.outer
    value = FunctionValue(statement, outer)
    wrapper: str | None = None
    for decorator in reversed(statement.decorators):
        made = machine.evaluate(decorator, namespace)
        match made:
            case Context(grad):
                value.grad = grad
            case Autocast():
                value.autocast = made
            case External(dotted) if grad_context(dotted) is not None:
                value.grad = grad_context(dotted)
            case External("builtins.property" | "functools.cached_property"):
                wrapper = "builtins.property"
            case External("builtins.staticmethod" | "builtins.classmethod" as dotted):
                wrapper = dotted
            case External(dotted) if dotted.endswith("contextmanager"):
                value.manages = True
            case FunctionValue():
                decorated = machine.invoke(made, Arguments((value,)))
                if isinstance(decorated, FunctionValue):
                    value = decorated
            case _ if _CHANGES_MODE.search(facts.render(decorator)):
                return machine.unknown(statement.name)
    return value if wrapper is None else Object(machine.number(), None, wrapper, Arguments((value,)), None)


# Decorators of libraries that may set mode or autograd; others are taken to change nothing that matters here.
_CHANGES_MODE = re.compile(r"eval|grad|infer|mode|freeze", re.I)


def _class_value(machine: Machine, statement: facts.Class, namespace: Namespace) -> ClassValue:
    bases = tuple(machine.evaluate(b.value, namespace) for b in statement.bases if b.keyword is None and not b.star)
    body = Namespace(namespace.file, namespace, function="class")
    run_block(machine, statement.body, body)
    value = ClassValue(statement, body, bases)
    machine.classes.append(value)
    for member in body.variables.values():
        inner = member
        if isinstance(member, Object) and member.origin in _WRAPPED_FUNCTIONS:
            inner = member.arguments.positional[0]
        if isinstance(inner, FunctionValue) and inner.owner is None:
            inner.owner = value
    return value


def _branch(machine: Machine, statement: facts.If, namespace: Namespace) -> bool:
    condition = test(machine, statement.test, namespace)
    with machine.asking(statement.test):
        if isinstance(condition, bool):
            machine.skipped.append((namespace.file, statement.orelse if condition else statement.then))
            return run_block(machine, statement.then if condition else statement.orelse, namespace)
        conditions = [condition, negate(condition)]
        trees, falls = _alternatives(machine, [statement.then, statement.orelse], namespace, conditions)
    if trees != [(), ()]:
        machine.here.out.append(Branch(condition, trees[0], trees[1]))
    if not all(falls):  # what comes next in the block happens only as the test comes out
        machine.here.asked.append(statement.test)
    for tree, other in zip(trees, reversed(conditions), strict=True):
        if _goes_elsewhere(tree):
            machine.take_turn(Turn(machine.here.turn, other))
    return any(falls)


def _goes_elsewhere(tree: Tree) -> bool:
    """Tell whether a tree ends by going on behind what follows it; `break` and `raise` end the loop around it."""
    return isinstance(tree, tuple) and bool(tree) and tree[-1] in (Exit("continue"), Exit("return"))


def _choose(
    machine: Machine, options: list[facts.Block], namespace: Namespace, conditions: Sequence[Formula | None] = ()
) -> bool:
    trees, falls = _alternatives(machine, options, namespace, conditions)
    if any(trees):
        machine.here.out.append(Choice(tuple(trees)))
    return any(falls)


def _alternatives(
    machine: Machine, options: list[facts.Block], namespace: Namespace, conditions: Sequence[Formula | None] = ()
) -> tuple[list[Tree], list[bool]]:
    """Interpret blocks of which one happens, and join what they leave behind; tell which reach their end."""
    before = namespace.variables
    trees: list[Tree] = []
    ends: list[dict[str, Value]] = []
    falls: list[bool] = []
    for option, condition in zip_longest(options, conditions):
        namespace.variables = dict(before)
        with machine.undecided(condition), machine.captured() as out:
            falls.append(run_block(machine, option, namespace))
        if falls[-1]:
            ends.append(namespace.variables)
        trees.append(tuple(out))
    namespace.variables = _merge(ends) if ends else before
    return trees, falls


def _loop_over(machine: Machine, statement: facts.For, namespace: Namespace) -> bool:
    iterable = machine.evaluate(statement.iterable, namespace)
    if isinstance(iterable, Object) and iterable.role is Role.MODEL:
        iterable = layers_one_by_one(machine, iterable)
    if isinstance(iterable, Table):
        iterable = keys_of(machine, iterable)
    if isinstance(iterable, Items) and iterable.complete and 0 < len(iterable.items) <= MAX_UNROLLED:
        bodies: list[Tree] = []
        for item in list(iterable.items):
            with machine.captured() as out:
                assign(machine, statement.target, item, namespace)
                run_block(machine, statement.body, namespace)
            bodies.append(tuple(out))
        if any(bodies):
            machine.here.out.append(Unrolled(tuple(bodies)))
    else:
        text, place = as_read(machine, statement.iterable, namespace), place_of(statement, namespace)
        target, alone = facts.render(statement.target), not may_be_several(iterable)
        loop = LoopFacts(text, loader_in(iterable) or iterable, place, target=target, alone=alone)
        loop.through = iterable
        _loop(machine, statement.body, namespace, loop, (statement.target, iterable))
    return run_block(machine, statement.orelse, namespace)


def _loop(
    machine: Machine,
    body: facts.Block,
    namespace: Namespace,
    loop: LoopFacts,
    target: tuple[facts.Expression, Value] | None,
) -> None:
    before = dict(namespace.variables)
    since = loop.since = machine.number()
    assigned = dict.fromkeys(assigned_names(body))
    for name in assigned:
        if name in before and all(isinstance(value, (Constant, Tensor)) for value in readings(before[name])):
            number = machine.number()
            namespace.variables[name] = Unknown(("carried", number), number, name)
    entering = {name: namespace.variables[name] for name in assigned if name in namespace.variables}
    loop.frames = len(machine.here.frames)
    if machine.here.root is not None:
        machine.here.root.loops.append(loop)
    machine.here.loops.append(loop)
    with machine.undecided(loop=loop), machine.captured() as out:
        loop.block = machine.here.block
        if target is not None:
            assign(machine, target[0], element_of(machine, target[1]), namespace)
        run_block(machine, body, namespace)
    machine.here.loops.pop()
    places = assignment_ordinals(body)
    for name, value in entering.items():
        place = Place(namespace.file.facts.name, places[name])
        loop.handed[name] = Handed(value, namespace.variables.get(name, value), place)
    if out:
        machine.here.out.append(Loop(tuple(out), since, machine.number()))
    namespace.variables = _merge([before, namespace.variables])


def _with_contexts(machine: Machine, statement: facts.With, namespace: Namespace, first: int = 0) -> bool:
    """Interpret a `with` from its `first` item on: each item surrounds the rest."""
    if first == len(statement.items):
        return run_block(machine, statement.body, namespace)
    expression, target = statement.items[first]
    saved_grad, saved_autocast = machine.here.grad, machine.here.autocast
    value = machine.evaluate(expression, namespace)
    if isinstance(value, Managed):
        return _run_managed(
            machine, value, target, namespace, lambda: _with_contexts(machine, statement, namespace, first + 1)
        )
    leave: FunctionValue | None = None
    machine.here.autocast = inside(value, machine.here.autocast)
    match value:
        case Context(grad):
            machine.here.grad = grad
        case OneOf(options) if any(isinstance(option, Context) for option in options):
            machine.here.grad = None
        case Unknown(parts=(External(), *_)):
            pass  # a library's: those that act on autograd are known
        case Unknown() if machine.here.grad is True:
            machine.here.grad = None
        case Object(origin=ClassValue()):
            enter, leave = bound(value, "__enter__"), bound(value, "__exit__")
            if enter is not None:
                value = machine.invoke(enter, Arguments())
    if target is not None:
        assign(machine, target, value, namespace)
    falls = _with_contexts(machine, statement, namespace, first + 1)
    if leave is not None:
        machine.invoke(leave, Arguments((NONE, NONE, NONE)))
    machine.here.grad, machine.here.autocast = saved_grad, saved_autocast
    return falls


def _run_managed(
    machine: Machine,
    manager: Managed,
    target: facts.Expression | None,
    namespace: Namespace,
    run_rest: Callable[[], bool],
) -> bool:
    """Run a generator function as a context manager: what it surrounds happens at its `yield`."""
    outer = machine.here.frames
    falls: list[bool] = []

    def on_yield(value: Value) -> None:
        inner, machine.here.frames = machine.here.frames, outer
        if target is not None:
            assign(machine, target, value, namespace)
        falls.append(run_rest())
        machine.here.frames = inner

    saved, machine.here.frames = machine.here.frames, list(outer)
    machine.invoke(manager.function, manager.arguments, on_yield)
    machine.here.frames = saved
    return falls[0] if falls else run_rest()


def _attempt(machine: Machine, statement: facts.Try, namespace: Namespace) -> bool:
    if statement.handlers:
        machine.tried = next(iter(statement.body), None)
    usual = [True]  # what is tried happens; what handles a failure may
    with machine.captured() as out:
        falls = _choose(machine, [statement.body + statement.orelse, *statement.handlers], namespace, usual)
    with machine.captured() as final:
        goes_on = run_block(machine, statement.final, namespace) and falls
    machine.here.out.append(before_leaving(tuple(out), tuple(final)) if final else tuple(out))
    if falls:
        machine.here.out.extend(final)
    return goes_on


_WRAPPED_FUNCTIONS = ("builtins.property", "builtins.staticmethod", "builtins.classmethod")


def _merge(ends: list[dict[str, Value]]) -> dict[str, Value]:
    merged = dict(ends[0])
    for end in ends[1:]:
        for name, value in end.items():
            known = merged.get(name)
            if known is not value:
                merged[name] = value if known is None else join(known, value)
    return merged
