"""What the methods of optimizers, scalers, tensors and gradients do."""

from __future__ import annotations

from trainlint.frozen import replace
from trainlint.operations import Kind, Role, Subject
from trainlint.program import facts
from trainlint.program.assignment import freeze
from trainlint.program.conditions import Formula
from trainlint.program.effects import touch
from trainlint.program.flow import Branch, Event, Tree
from trainlint.program.folding import may_fold
from trainlint.program.machine import Machine, training_objects
from trainlint.program.readings import parameters_of, readings
from trainlint.program.truth import truth
from trainlint.program.values import (
    NONE,
    Arguments,
    FunctionValue,
    Namespace,
    Object,
    Parameters,
    Tensor,
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
            machine.emit(Kind.ZERO_GRAD, node, namespace, optimizer=optimizer, models=models)
            return NONE
        case "state_dict" | "load_state_dict" | "add_param_group" | "register_step_pre_hook":
            return machine.unknown(name)
    touch(machine, [base, *training_objects(arguments.values())], node, namespace)
    return machine.tensor(*arguments.values())


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
    optimizer = machine.subject(Role.OPTIMIZER, known[0]) if len(known) == 1 else None
    models = machine.models(optimized(known[0])) if len(known) == 1 else None
    match name:
        case "scale":
            loss = arguments.get(0, "outputs") or machine.unknown()
            tensor = machine.tensor(loss)
            sources = tensor.sources if isinstance(loss, Tensor) else None
            return Tensor(machine.number(), sources, base, tensor.loader, tensor.graph)
        case "unscale_":
            _act(machine, base, Kind.UNSCALE, node, namespace, optimizer=optimizer, models=models)
            return NONE
        case "step":
            _act(machine, base, Kind.SCALER_STEP, node, namespace, optimizer=optimizer, models=models)
            return machine.unknown()
        case "update":
            _act(machine, base, Kind.SCALER_UPDATE, node, namespace)
            return NONE
        case "state_dict" | "load_state_dict" | "get_scale" | "is_enabled" | "get_growth_factor":
            return machine.unknown(name, base)
    # A wrapper of the project or of another library: `loss_scaler(loss, optimizer, clip_grad=…)`.
    touch(machine, [base, *training_objects(arguments.values())], node, namespace)
    return machine.unknown(name)


def _act(
    machine: Machine, scaler: Value, kind: Kind, node: facts.Call, namespace: Namespace, **subjects: object
) -> None:
    """Note what a scaler does; where it is disabled, its step is the optimizer's, and the rest is nothing."""
    operation = machine.operation(kind, node, namespace, scaler=machine.subject(Role.SCALER, scaler), **subjects)
    if operation is None:
        return
    machine.record(operation)
    steps = kind is Kind.SCALER_STEP
    disabled = Event(replace(operation, kind=Kind.OPTIMIZER_STEP, scaler=None)) if steps else ()
    tree = _where_enabled(scaler, Event(operation), disabled)
    if tree:
        machine.out.append(tree)


def backward(machine: Machine, loss: Value, node: facts.Call, namespace: Namespace) -> None:
    """Note a backward of a loss, scaled where the loss is and the scaler is enabled."""
    sources = loss.sources if isinstance(loss, Tensor) else None
    scaler = loss.scaler if isinstance(loss, Tensor) else None
    models = machine.models(sources) if sources else None
    if isinstance(loss, Tensor) and machine.root is not None:
        machine.root.differentiated |= loss.graph
    if scaler is None:
        scaled = False if isinstance(loss, Tensor) else None
        machine.emit(Kind.BACKWARD, node, namespace, models=models, scaled=scaled)
        return
    subject = machine.subject(Role.SCALER, scaler)
    scaled_op = machine.operation(Kind.BACKWARD, node, namespace, models=models, scaled=True, scaler=subject)
    plain_op = machine.operation(Kind.BACKWARD, node, namespace, models=models, scaled=False, scaler=subject)
    if scaled_op is not None and plain_op is not None:
        machine.record(scaled_op)
        machine.out.append(_where_enabled(scaler, machine.event(scaled_op), machine.event(plain_op)))


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
        case "detach" | "detach_" | "argmax" | "data_ptr":
            return Tensor(machine.number(), frozenset(), base.scaler, base.loader)
        case "item" | "tolist" | "numpy" | "size" | "dim" | "numel":
            return machine.unknown(name, base)
    result = machine.tensor(base, *arguments.values())
    return replace(result, folded=True) if may_fold(name, node.arguments) else result


def parameters_method(machine: Machine, base: Parameters, name: str, node: facts.Call, namespace: Namespace) -> Value:
    """Call a method of parameters or of their gradients."""
    if base.gradients and name.endswith("_") and name not in ("detach_", "requires_grad_"):
        kind = _GRADIENT_METHODS.get(name, Kind.UNKNOWN)
        machine.emit(kind, node, namespace, models=machine.models(base.of))
    if name == "requires_grad_":
        freeze(base.of)
    return base if name in ("data", "detach", "detach_", "requires_grad_") else machine.unknown(name)


_GRADIENT_METHODS = {
    "zero_": Kind.ZERO_GRAD,
    "fill_": Kind.ZERO_GRAD,
    "clamp_": Kind.CLIP,
}
