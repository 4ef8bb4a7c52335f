"""What a call does: run a function of the program, make an object, or something that a library is known to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from trainlint.finding import Place
from trainlint.operations import Kind, Role, Subject
from trainlint.program import facts
from trainlint.program.effects import call_unknown, forward
from trainlint.program.expressions import attribute, element_of
from trainlint.program.flow import Choice, Tree
from trainlint.program.folding import may_fold
from trainlint.program.machine import Machine, training_objects
from trainlint.program.methods import call_method, optimized
from trainlint.program.torch_api import (
    ITERATES,
    MODEL_WRAPPERS,
    SYNC_BATCHNORM,
    clips_gradients,
    grad_context,
    is_harmless,
    role_of_constructor,
)
from trainlint.program.truth import truth
from trainlint.program.values import (
    NONE,
    Arguments,
    ClassValue,
    Constant,
    Context,
    External,
    FunctionValue,
    Items,
    Managed,
    Method,
    Namespace,
    Object,
    OneOf,
    Table,
    Tensor,
    Unknown,
    Value,
    join,
    newest,
    parameters_of,
    readings,
)


def call(machine: Machine, node: facts.Call, namespace: Namespace) -> Value:
    """Return what a call gives, and note the operations that it does."""
    if isinstance(node.callee, facts.Attribute):
        if _is_super(node.callee.base):
            return _call_super(machine, node, node.callee.name, namespace)
        base = machine.evaluate(node.callee.base, namespace)
        arguments = _arguments(machine, node, namespace)
        options = [reading for reading in readings(base) if reading != NONE]
        name = node.callee.name
        return _each(
            machine, options, lambda o: _call_attribute(machine, o, name, arguments, node, namespace)
        )
    callee = machine.evaluate(node.callee, namespace)
    arguments = _arguments(machine, node, namespace)
    options = [reading for reading in readings(callee) if reading != NONE]
    return _each(machine, options, lambda option: call_value(machine, option, arguments, node, namespace))


def _each(machine: Machine, options: list[Value], run: Callable[[Value], Value]) -> Value:
    """Call each thing that a callee may be; if it may be several, one of them happens."""
    if not options:
        return machine.unknown()
    if len(options) == 1:
        return run(options[0])
    trees: list[Tree] = []
    result: Value | None = None
    for option in options:
        with machine.undecided(), machine.captured() as out:
            value = run(option)
        trees.append(tuple(out))
        result = value if result is None else join(result, value)
    if any(trees):
        machine.out.append(Choice(tuple(trees)))
    assert result is not None
    return result


def _arguments(machine: Machine, node: facts.Call, namespace: Namespace) -> Arguments:
    positional: list[Value] = []
    keyword: dict[str, Value] = {}
    complete = True
    for argument in node.arguments:
        value = machine.evaluate(argument.value, namespace)
        if argument.keyword is not None:
            keyword[argument.keyword] = value
        elif argument.star == "*":
            if isinstance(value, Items) and value.complete:
                positional.extend(value.items)
            else:
                positional.extend(value.items if isinstance(value, Items) else [element_of(machine, value)])
                complete = False
        elif argument.star == "**":
            if isinstance(value, Table):
                keyword.update({str(key): item for key, item in value.pairs.items()})
                complete = complete and value.complete
            else:
                complete = False
        else:
            positional.append(value)
    return Arguments(tuple(positional), keyword, complete)


def _call_attribute(
    machine: Machine, base: Value, name: str, arguments: Arguments, node: facts.Call, namespace: Namespace
) -> Value:
    if isinstance(base, (External, ClassValue)) or (isinstance(base, Object) and _has_own(base, name)):
        return call_value(machine, attribute(machine, base, name, namespace.file), arguments, node, namespace)
    return call_method(machine, base, name, arguments, node, namespace)


def _has_own(base: Object, name: str) -> bool:
    return name in base.members or (
        isinstance(base.origin, ClassValue) and base.origin.member(name) is not None
    )


def call_value(
    machine: Machine, callee: Value, arguments: Arguments, node: facts.Call, namespace: Namespace
) -> Value:
    """Call a value."""
    match callee:
        case FunctionValue(manages=True):
            return Managed(callee, arguments)
        case FunctionValue():
            return machine.invoke(callee, arguments)
        case ClassValue():
            return machine.instantiate(callee, arguments, Place(namespace.file.facts.name, node.ordinal))
        case Context(grad) if arguments.positional:
            decorated = arguments.positional[0]
            return replace(decorated, grad=grad) if isinstance(decorated, FunctionValue) else decorated
        case Method(receiver, name):
            return call_method(machine, receiver, name, arguments, node, namespace)
        case External(dotted):
            return _call_library(machine, dotted, arguments, node, namespace)
        case Object(role=Role.MODEL):
            return forward(machine, callee, arguments, node, namespace)
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
            return _each(
                machine, list(callee.readings), lambda o: call_value(machine, o, arguments, node, namespace)
            )
        case Unknown(role=Role.MODEL):
            return forward(machine, callee, arguments, node, namespace)
    return call_unknown(machine, callee, arguments, node, namespace)


def _is_super(base: facts.Expression) -> bool:
    return isinstance(base, facts.Call) and base.callee == facts.Name("super")


def _call_super(machine: Machine, node: facts.Call, name: str, namespace: Namespace) -> Value:
    arguments = _arguments(machine, node, namespace)
    frame = next((f for f in reversed(machine.frames) if f.function.owner is not None), None)
    if frame is None or frame.function.owner is None or frame.function.receiver is None:
        return machine.unknown()
    receiver = frame.function.receiver
    for base in frame.function.owner.bases:
        member = base.member(name) if isinstance(base, ClassValue) else None
        if isinstance(member, FunctionValue):
            bound = FunctionValue(
                member.facts, member.namespace, receiver, member.owner, member.grad, member.manages
            )
            return machine.invoke(bound, arguments)
    if name == "__init__" and isinstance(receiver, Object):
        _hold_layers(receiver, arguments)
    if name.startswith("__"):
        return NONE
    return call_method(machine, receiver, name, arguments, node, namespace)


def _hold_layers(receiver: Object, arguments: Arguments) -> None:
    """Give an instance of a subclass of `Sequential` the layers that it hands to its base."""
    if isinstance(receiver.origin, ClassValue) and "torch.nn.Sequential" in receiver.origin.library_bases():
        for number, layer in enumerate(arguments.positional):
            receiver.members[f"({number})"] = layer


def _call_library(
    machine: Machine, dotted: str, arguments: Arguments, node: facts.Call, namespace: Namespace
) -> Value:
    role = role_of_constructor(dotted)
    first = arguments.get(0, "module")
    if dotted in MODEL_WRAPPERS and isinstance(first, (Object, Unknown, OneOf)):
        if isinstance(first, Unknown):
            first.role = Role.MODEL
        return first
    if dotted in SYNC_BATCHNORM and isinstance(first, (Object, Unknown)):
        if isinstance(first, Object):
            first.members["__sync_batchnorm__"] = Constant(True)
        return first
    if role is not None or dotted in ITERATES or dotted in _KEPT:
        place = Place(namespace.file.facts.name, node.ordinal)
        made = Object(machine.number(), role, dotted, arguments, place, depth=machine.depth)
        machine.objects.append(made)
        if role is Role.OPTIMIZER:
            machine.emit(
                Kind.BUILD,
                node,
                namespace,
                optimizer=machine.subject(role, made),
                models=machine.models(optimized(made)),
            )
        return made
    grad = grad_context(dotted)
    if grad is not None:
        return Context(grad)
    if dotted.endswith(".set_grad_enabled") and dotted.startswith("torch."):
        return _set_grad_enabled(machine, arguments)
    if clips_gradients(dotted):
        clipped, threshold = (
            arguments.get(0, "parameters"),
            [*arguments.positional[1:], *arguments.keyword.values()],
        )
        if any(o.role is Role.SCALER for o in training_objects(threshold)):
            return machine.unknown("norm")  # a threshold in units of the scaled gradients
        of = None if clipped is None else parameters_of(clipped)
        machine.emit(Kind.CLIP, node, namespace, models=machine.models(of), optimizer=_stepping(machine, of))
        return machine.unknown("norm")
    if dotted == "torch.autograd.backward":
        loss = arguments.get(0, "tensors")
        return call_method(machine, loss or machine.unknown(), "backward", Arguments(), node, namespace)
    if dotted == "torch.autograd.grad":
        if machine.root is not None:
            machine.root.differentiated |= machine.tensor(*arguments.values()).graph
        machine.emit(Kind.BACKWARD, node, namespace, scaled=False)
        return machine.unknown()
    if dotted == "builtins.next" and arguments.positional:
        return element_of(machine, arguments.positional[0])
    if dotted == "builtins.getattr" and len(arguments.positional) >= 2:
        base, name = arguments.positional[:2]
        if isinstance(name, Constant) and isinstance(name.value, str):
            return attribute(machine, base, name.value, namespace.file)
    if dotted in _PURE:
        key = ("call", dotted, tuple(a.key for a in arguments.values()))
        born = max((newest(a) for a in arguments.values()), default=0)
        return Unknown(key, born, parts=tuple(arguments.values()))
    if dotted in ("builtins.float", "builtins.int", "builtins.str", "builtins.bool") and arguments.positional:
        value = arguments.positional[0]
        return value if isinstance(value, Constant) else machine.unknown("", value)
    if dotted in ("builtins.dict", "builtins.set"):
        return Table({k: v for k, v in arguments.keyword.items()}, machine.number(), not arguments.positional)
    if dotted in _COPIES and isinstance(first := arguments.get(0, "x"), (Object, Unknown)):
        copied = machine.unknown(first.name)
        copied.role = first.role
        return copied
    if dotted == "builtins.filter" and len(arguments.positional) == 2:
        return arguments.positional[1]
    if is_harmless(dotted):
        tensors = machine.tensor(*arguments.values())
        if may_fold(dotted.rpartition(".")[2], node.arguments[1:]):
            tensors = replace(tensors, folded=True)
        return (
            tensors
            if tensors.sources or dotted.startswith("torch.")
            else machine.unknown("", External(dotted), *arguments.values())
        )
    return call_unknown(machine, External(dotted), arguments, node, namespace)


def _stepping(machine: Machine, of: frozenset[Value] | None) -> Subject | None:
    """Return the optimizer of these modules, if there is exactly one that the program makes."""
    optimizers = [
        o
        for o in machine.objects
        if o.role is Role.OPTIMIZER and (optimized(o) or frozenset()) & (of or set())
    ]
    return machine.subject(Role.OPTIMIZER, optimizers[0]) if len(optimizers) == 1 else None


def _set_grad_enabled(machine: Machine, arguments: Arguments) -> Value:
    """Set whether autograd records: from now on, and, used as a context manager, for its block only."""
    mode = arguments.get(0, "mode")
    formula = None if mode is None else truth(mode)
    grad = formula if isinstance(formula, bool) else None
    machine.grad = grad if machine.depth == 0 else (machine.grad if machine.grad == grad else None)
    return Context(grad)


# Objects of libraries whose arguments are asked for later.
_KEPT = {
    "argparse.ArgumentParser",
    "builtins.enumerate",
    "builtins.zip",
    "collections.OrderedDict",
    "functools.partial",
    "torch.utils.data.random_split",
    "torch.utils.data.Subset",
}

# These give another model with the same layers, in whatever mode the first one is in.
_COPIES = {"copy.deepcopy", "copy.copy", "torch.optim.swa_utils.AveragedModel"}

# Functions that give the same for the same arguments, as far as a training script goes.
_PURE = {
    "builtins.len",
    "builtins.isinstance",
    "builtins.hasattr",
    "builtins.callable",
    "torch.cuda.is_available",
    "torch.cuda.device_count",
    "torch.distributed.is_available",
    "torch.distributed.is_initialized",
    "torch.distributed.get_rank",
    "torch.distributed.get_world_size",
}
