"""What the methods of optimizers, scalers, tensors and gradients do."""

from __future__ import annotations

from trainlint.frozen import replace
from trainlint.operations import Kind, Role, Subject
from trainlint.program import facts
from trainlint.program.assignment import freeze, thaw
from trainlint.program.attributes import cut_off, member_of_unknown
from trainlint.program.conditions import Formula
from trainlint.program.effects import touch
from trainlint.program.flow import Branch, Event, Tree
from trainlint.program.folding import may_fold
from trainlint.program.machine import Machine
from trainlint.program.reachable import training_objects
from trainlint.program.readings import parameters_of, readings, terms_of
from trainlint.program.recorder import place_of
from trainlint.program.tensors import Parameters, Tensor
from trainlint.program.truth import truth
from trainlint.program.values import (
    NONE,
    Arguments,
    Constant,
    FunctionValue,
    Items,
    Namespace,
    Object,
    Unknown,
    Value,
)


def optimizer_method(
    machine: Machine,
    base: Object | Unknown,
    name: str,
    arguments: Arguments,
    node: facts.Call,
    namespace: Namespace,
) -> Value:
    """Call a method of an optimizer."""
    optimizer = machine.subject(Role.OPTIMIZER, base)
    models = machine.models(optimized(base))
    match name:
        case "step":
            closure = arguments.get(0, "closure")
            if isinstance(closure, FunctionValue):
                machine.invoke(closure, Arguments())
            elif closure not in (None, NONE):  # it may go backward, and clear
                touch(machine, [base], node, namespace)
            machine.emit(Kind.OPTIMIZER_STEP, node, namespace, optimizer=optimizer, models=models)
            return machine.unknown()
        case "zero_grad":
            if models is None and _holds_tensors_only(base):
                models = frozenset()
            machine.emit(Kind.ZERO_GRAD, node, namespace, optimizer=optimizer, models=models)
            return NONE
        case "state_dict" | "load_state_dict" | "add_param_group" | "register_step_pre_hook":
            return machine.unknown(name)
    touch(machine, [base, *training_objects(arguments.values())], node, namespace)
    return machine.tensor(*arguments.values())


def _holds_tensors_only(optimizer: Object | Unknown) -> bool:
    """Tell whether an optimizer was given tensors one by one, such as a temperature or an image, and no model's."""
    given = optimizer.arguments.get(0, "params") if isinstance(optimizer, Object) else None
    return isinstance(given, Items) and given.complete and all(isinstance(item, Tensor) for item in given.items)


def optimized(optimizer: Value) -> frozenset[Value] | None:
    """Return the modules whose parameters an optimizer was given; `None` where that is not known."""
    if not isinstance(optimizer, Object):
        return None
    given = optimizer.arguments.get(0, "params")
    return None if given is None else parameters_of(given)


def driven_by(machine: Machine, scheduler: Value) -> Subject | None:
    """Return the optimizer whose rate a scheduler sets; `None` where it is not known to be exactly one."""
    given = scheduler.arguments.get(0, "optimizer") if isinstance(scheduler, Object) else None
    known = [o for o in readings(given) if isinstance(o, (Object, Unknown))] if given is not None else []
    if len(known) != 1 or known[0].role not in (Role.OPTIMIZER, None):
        return None
    return machine.subject(Role.OPTIMIZER, known[0])


def scaler_method(
    machine: Machine,
    base: Object | Unknown,
    name: str,
    arguments: Arguments,
    node: facts.Call,
    namespace: Namespace,
) -> Value:
    """Call a method of a `GradScaler`."""
    target = arguments.get(0, "optimizer")
    known = [o for o in readings(target) if isinstance(o, (Object, Unknown))] if target is not None else []
    optimizer = _stepped(machine, target, known)
    held = [optimized(o) for o in known]
    models = None if not held or None in held else machine.models(frozenset().union(*filter(None, held)))
    match name:
        case "scale":
            loss = arguments.get(0, "outputs") or machine.unknown()
            tensor = machine.tensor(loss)
            sources = tensor.sources if isinstance(loss, Tensor) else None
            return replace(tensor, sources=sources, scaler=base, folded=False, item=False, terms=terms_of(loss))
        case "unscale_":
            _act(machine, base, Kind.UNSCALE, node, namespace, optimizer=optimizer, models=models)
            return NONE
        case "step":
            _act(machine, base, Kind.SCALER_STEP, node, namespace, optimizer=optimizer, models=models)
            return machine.unknown()
        case "update":
            _act(machine, base, Kind.SCALER_UPDATE, node, namespace)
            return NONE
        case "is_enabled":
            enabled = _enabled(base)
            return Constant(enabled) if isinstance(enabled, bool) else Unknown(("truth", enabled), machine.number())
        case "state_dict" | "load_state_dict" | "get_scale" | "get_growth_factor":
            return machine.unknown(name, base)
    # A wrapper of the project or of another library: `loss_scaler(loss, optimizer, clip_grad=…)`.
    touch(machine, [base, *training_objects(arguments.values())], node, namespace)
    return machine.unknown(name)


def _stepped(machine: Machine, target: Value | None, known: list[Object | Unknown]) -> Subject | None:
    """Return the optimizer that a scaler is given; one that may be several, for good, is one by itself."""
    if target is None or not known or any(_drawn_by_loop(machine, optimizer) for optimizer in known):
        return None
    if len(known) == 1:
        return machine.subject(Role.OPTIMIZER, known[0])
    return Subject(Role.OPTIMIZER, target.key, known[0].name, all(isinstance(o, Object) for o in known))


def _drawn_by_loop(machine: Machine, optimizer: Object | Unknown) -> bool:
    """Tell whether a loop over several optimizers gives this one: another each time round."""
    if not machine.here.loops:
        return False
    loop = machine.here.loops[-1]
    if isinstance(optimizer, Unknown):
        return optimizer.born >= loop.since
    return loop.iterable is not None and any(listed is optimizer for listed in training_objects([loop.iterable]))


def _act(
    machine: Machine, scaler: Value, kind: Kind, node: facts.Call, namespace: Namespace, **subjects: object
) -> None:
    """Note what a scaler does; where it is disabled, its step is the optimizer's, and the rest is nothing."""
    operation = machine.operation(kind, node, namespace, scaler=machine.subject(Role.SCALER, scaler), **subjects)
    if operation is None:
        return
    plain = replace(operation, kind=Kind.OPTIMIZER_STEP, scaler=None) if kind is Kind.SCALER_STEP else None
    done = operation if _enabled(scaler) is not False else plain
    if done is not None:
        machine.record(done)
        machine.here.out.append(_where_enabled(scaler, Event(operation), () if plain is None else Event(plain)))


def backward(machine: Machine, loss: Value, node: facts.Call, namespace: Namespace) -> None:
    """Note a backward of a loss, scaled where the loss is and the scaler is enabled."""
    sources = loss.sources if isinstance(loss, Tensor) else None
    scaler = loss.scaler if isinstance(loss, Tensor) else None
    models = machine.models(sources) if sources else None
    whole = isinstance(loss, Tensor) and not loss.open
    if isinstance(loss, Tensor) and machine.here.root is not None:
        machine.here.root.differentiated |= loss.graph
    if scaler is None:
        scaled = False if isinstance(loss, Tensor) else None
        machine.emit(Kind.BACKWARD, node, namespace, models=models, scaled=scaled, whole=whole)
        return
    subject = machine.subject(Role.SCALER, scaler)
    both: dict[str, object] = {"models": models, "scaler": subject, "whole": whole}
    scaled_op = machine.operation(Kind.BACKWARD, node, namespace, scaled=True, **both)
    plain_op = machine.operation(Kind.BACKWARD, node, namespace, scaled=False, **both)
    if scaled_op is not None and plain_op is not None:
        machine.record(scaled_op)
        machine.here.out.append(_where_enabled(scaler, machine.event(scaled_op), machine.event(plain_op)))


def _where_enabled(scaler: Value, then: Tree, orelse: Tree) -> Tree:
    """Return what a scaler does: `GradScaler(enabled=use_amp)` scales exactly where `if use_amp:` holds."""
    enabled = _enabled(scaler)
    if isinstance(enabled, bool):
        return then if enabled else orelse
    return Branch(enabled, then, orelse)


def _enabled(scaler: Value) -> Formula:
    if not isinstance(scaler, Object):
        return True
    enabled = scaler.arguments.get(-1, "enabled")
    return True if enabled is None else truth(enabled)


def tensor_method(
    machine: Machine, base: Tensor, name: str, arguments: Arguments, node: facts.Call, namespace: Namespace
) -> Value:
    """Call a method of a tensor."""
    match name:
        case "backward":
            backward(machine, base, node, namespace)
            return NONE
        case "detach" | "detach_" | "argmax" | "argsort" | "data_ptr" | "eq" | "ne" | "lt" | "le" | "gt" | "ge":
            return cut_off(machine, base, f".{name}()", place_of(node, namespace))
        case "size":
            return size_of(machine, Unknown(("shape", base.key), base.born, parts=(base,)), arguments)
        case "item" | "tolist" | "numpy" | "dim" | "numel":
            return machine.unknown(name, base)
        case "requires_grad_":
            machine.leaves.add(base.ident)
            return base
    result = machine.tensor(base, *(() if name in _KEEPS else arguments.values()))
    if name in _KEEPS:
        result = replace(result, terms=result.terms | base.terms)
    return replace(result, folded=True) if may_fold(name, node.arguments) else result


def size_of(machine: Machine, shape: Unknown, arguments: Arguments) -> Value:
    """Return what `size()` or `size(axis)` gives of a tensor with this shape."""
    axis = arguments.get(0, "dim")
    if axis is None:
        return shape
    return member_of_unknown(shape, f"[{axis.value!r}]") if isinstance(axis, Constant) else machine.unknown("", shape)


# Methods that neither take nor lose a graph, whatever sizes, types and devices they are given.
_KEEPS = {
    "to", "cuda", "cpu", "float", "double", "half", "bfloat16", "type", "long", "int", "contiguous", "clone", "view",
    "reshape", "squeeze", "unsqueeze", "flatten", "permute", "transpose", "expand", "repeat", "mean", "sum",
}  # fmt: skip


def parameters_method(
    machine: Machine, base: Parameters, name: str, arguments: Arguments, node: facts.Call, namespace: Namespace
) -> Value:
    """Call a method of parameters or of their gradients."""
    if base.gradients and name.endswith("_") and name not in ("detach_", "requires_grad_"):
        kind = _GRADIENT_METHODS.get(name, Kind.UNKNOWN)
        machine.emit(kind, node, namespace, models=machine.models(base.of))
    if name == "requires_grad_":
        freeze(machine, base, arguments.get(0, "requires_grad"))
    elif name.endswith("_") and not name.startswith("_"):
        thaw(base.of)  # written to, as an average of other weights is
    return base if name in ("data", "detach", "detach_", "requires_grad_") else machine.unknown(name)


_GRADIENT_METHODS = {
    "zero_": Kind.ZERO_GRAD,
    "fill_": Kind.ZERO_GRAD,
    "clamp_": Kind.CLIP,
}
