"""What a `with` sets around its block."""

from __future__ import annotations

from collections.abc import Callable

from trainlint.program import facts
from trainlint.program.assignment import assign
from trainlint.program.autocast import inside
from trainlint.program.contexts import Context, Managed
from trainlint.program.machine import Machine
from trainlint.program.readings import bound
from trainlint.program.values import (
    NONE,
    Arguments,
    ClassValue,
    External,
    FunctionValue,
    Namespace,
    Object,
    OneOf,
    Unknown,
    Value,
)


def with_contexts(machine: Machine, statement: facts.With, namespace: Namespace, first: int = 0) -> bool:
    """Interpret a `with` from its `first` item on: each item surrounds the rest."""
    if first == len(statement.items):
        return machine.run_block(statement.body, namespace)
    expression, target = statement.items[first]
    saved_grad, saved_autocast = machine.here.grad, machine.here.autocast
    value = machine.evaluate(expression, namespace)
    if isinstance(value, Managed):
        return _run_managed(
            machine, value, target, namespace, lambda: with_contexts(machine, statement, namespace, first + 1)
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
    falls = with_contexts(machine, statement, namespace, first + 1)
    if leave is not None:
        machine.invoke(leave, Arguments((NONE, NONE, NONE)))
    machine.here.grad, machine.here.autocast = saved_grad, saved_autocast
    return falls


def enter(machine: Machine, value: Value) -> Value:
    """Enter a context manager whose end is not written here: `stack.enter_context(torch.no_grad())`."""
    if isinstance(value, Context):
        set_grad(machine, value.grad)
    machine.here.autocast = inside(value, machine.here.autocast) if machine.here.depth == 0 else None
    return value


def set_grad(machine: Machine, grad: bool | None) -> None:
    """Set whether autograd records from now on; after a branch or a loop it is known only if nothing changed."""
    known = machine.here.depth == 0 or machine.here.grad == grad
    machine.here.grad = grad if known else None


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
