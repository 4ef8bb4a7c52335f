"""What an import, a function or a class binds a name to."""

from __future__ import annotations

import re

from trainlint.program import facts
from trainlint.program.contexts import Autocast, Context
from trainlint.program.machine import Machine
from trainlint.program.torch_api import grad_context
from trainlint.program.values import Arguments, ClassValue, External, FunctionValue, Namespace, Object, Unknown, Value


def bind_imports(machine: Machine, bindings: tuple[tuple[str, str, bool], ...], namespace: Namespace) -> None:
    """Bind the names of an import to what they mean."""
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


def make_function(machine: Machine, statement: facts.Function, namespace: Namespace) -> Value:
    """Return what a `def` binds: the function, or what its decorators make of it."""
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
            case External("builtins.property" | "functools.cached_property" as dotted):
                value.remembers = dotted != "builtins.property"
                wrapper = "builtins.property"
            case External(dotted) | Unknown(parts=(External(dotted), *_)) if dotted in _REMEMBER:
                value.remembers = True
            case External("builtins.staticmethod" | "builtins.classmethod" as dotted):
                wrapper = dotted
            case External(dotted) if dotted.endswith("contextmanager"):
                value.manages = True
            case FunctionValue():
                decorated = machine.invoke(made, Arguments((value,)))
                if isinstance(decorated, FunctionValue):
                    value = decorated
            case _ if _CHANGES_MODE.search(facts.render(_named_by(decorator))):
                return machine.unknown(statement.name)
    return value if wrapper is None else Object(machine.number(), None, wrapper, Arguments((value,)), None)


def _named_by(decorator: facts.Expression) -> facts.Expression:
    """Return what says what a decorator does: of a call, what is called."""
    return decorator.callee if isinstance(decorator, facts.Call) else decorator


_REMEMBER = ("functools.cache", "functools.lru_cache")

# Decorators of libraries that may set mode or autograd; others are taken to change nothing that matters here.
_CHANGES_MODE = re.compile(r"eval|grad|infer|mode|freeze", re.I)


def make_class(machine: Machine, statement: facts.Class, namespace: Namespace) -> ClassValue:
    """Return what a `class` binds, with its body interpreted."""
    bases = tuple(machine.evaluate(b.value, namespace) for b in statement.bases if b.keyword is None and not b.star)
    body = Namespace(namespace.file, namespace, function="class")
    machine.run_block(statement.body, body)
    value = ClassValue(statement, body, bases)
    machine.classes.append(value)
    for member in body.variables.values():
        inner = member
        if isinstance(member, Object) and member.origin in _WRAPPED_FUNCTIONS:
            inner = member.arguments.positional[0]
        if isinstance(inner, FunctionValue) and inner.owner is None:
            inner.owner = value
    return value


_WRAPPED_FUNCTIONS = ("builtins.property", "builtins.staticmethod", "builtins.classmethod")
