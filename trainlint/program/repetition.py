"""What a loop does."""

from __future__ import annotations

from trainlint.finding import Place
from trainlint.operations import Role
from trainlint.program import facts
from trainlint.program.assignment import assign
from trainlint.program.expressions import as_read
from trainlint.program.flow import Loop, Tree, Unrolled
from trainlint.program.iteration import element_of, keys_of, loader_in, may_be_several
from trainlint.program.layers import layers_one_by_one
from trainlint.program.machine import Machine
from trainlint.program.names import assigned_names, assignment_ordinals
from trainlint.program.readings import merge, readings
from trainlint.program.recorder import place_of
from trainlint.program.records import Handed, LoopFacts
from trainlint.program.tensors import Tensor
from trainlint.program.truth import test
from trainlint.program.values import Constant, Items, Namespace, Object, Table, Unknown, Value

MAX_UNROLLED = 8  # items of a known list that a loop is followed through one by one


def loop_over(machine: Machine, statement: facts.For, namespace: Namespace) -> bool:
    """Interpret a `for`; return whether control may reach its end."""
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
                machine.run_block(statement.body, namespace)
            bodies.append(tuple(out))
        if any(bodies):
            machine.here.out.append(Unrolled(tuple(bodies)))
    else:
        text, place = as_read(machine, statement.iterable, namespace), place_of(statement, namespace)
        target, alone = facts.render(statement.target), not may_be_several(iterable)
        loop = LoopFacts(text, loader_in(iterable) or iterable, place, target=target, alone=alone)
        loop.through = iterable
        _repeat(machine, statement.body, namespace, loop, (statement.target, iterable))
    return machine.run_block(statement.orelse, namespace)


def loop_while(machine: Machine, statement: facts.While, namespace: Namespace) -> bool:
    """Interpret a `while`; return whether control may reach its end."""
    if test(machine, statement.test, namespace) is not False:
        loop = LoopFacts(facts.render(statement.test), None, place_of(statement, namespace))
        _repeat(machine, statement.body, namespace, loop, None)
    return machine.run_block(statement.orelse, namespace)


def _repeat(
    machine: Machine,
    body: facts.Block,
    namespace: Namespace,
    loop: LoopFacts,
    target: tuple[facts.Expression, Value] | None,
) -> None:
    """Interpret the body of a loop once, for all its iterations; `target` gets an element of what it goes through."""
    before = dict(namespace.variables)
    since = loop.since = machine.number()
    assigned = dict.fromkeys(assigned_names(body))
    for name in assigned:
        if name in before and all(map(_changes, readings(before[name]))):
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
        machine.run_block(body, namespace)
    machine.here.loops.pop()
    places = assignment_ordinals(body)
    for name, value in entering.items():
        place = Place(namespace.file.facts.name, places[name])
        loop.handed[name] = Handed(value, namespace.variables.get(name, value), place)
    if out:
        machine.here.out.append(Loop(tuple(out), since, machine.number()))
    namespace.variables = merge([before, namespace.variables])


def _changes(value: Value) -> bool:
    """Tell whether a name with this value before a loop that assigns it anew may mean another one in each iteration."""
    match value:
        case Constant() | Tensor() | Unknown(key=("carried", _)):
            return True
    return False
