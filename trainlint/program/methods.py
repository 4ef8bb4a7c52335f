"""What the methods of models, optimizers, schedulers, scalers, tensors and containers do."""

from __future__ import annotations

import re
from dataclasses import replace

from trainlint.operations import Kind, Role
from trainlint.program import facts
from trainlint.program.conditions import Formula
from trainlint.program.effects import call_unknown, forward, touch
from trainlint.program.expressions import extend, freeze, member_of_unknown
from trainlint.program.folding import may_fold
from trainlint.program.flow import Branch, Event
from trainlint.program.machine import Machine, training_objects
from trainlint.program.torch_api import role_by_name
from trainlint.program.truth import truth
from trainlint.program.values import (
    NONE,
    Arguments,
    Constant,
    FunctionValue,
    Items,
    Namespace,
    Object,
    OneOf,
    Parameters,
    Table,
    Tensor,
    Unknown,
    Value,
    parameters_of,
    readings,
)


def call_method(
    machine: Machine, base: Value, name: str, arguments: Arguments, node: facts.Call, namespace: Namespace
) -> Value:
    """Call a method that is not one of the program's own functions."""
    match base:
        case Tensor():
            return _tensor_method(machine, base, name, arguments, node, namespace)
        case Parameters():
            return _parameters_method(machine, base, name, node, namespace)
        case Items() | Table():
            return _container_method(machine, base, name, arguments)
        case Object(role=None, origin="argparse.ArgumentParser"):
            return _parser_method(machine, base, name, arguments)
        case Object() | Unknown():
            role = base.role if isinstance(base, Object) else _role_of_unknown(base, name, arguments)
            match role:
                case Role.MODEL:
                    return _model_method(machine, base, name, arguments, node, namespace)
                case Role.OPTIMIZER:
                    return _optimizer_method(machine, base, name, arguments, node, namespace)
                case Role.SCHEDULER if name == "step":
                    machine.emit(
                        Kind.SCHEDULER_STEP, node, namespace, scheduler=machine.subject(Role.SCHEDULER, base)
                    )
                    return NONE
                case Role.SCALER:
                    return _scaler_method(machine, base, name, arguments, node, namespace)
            if isinstance(base, Unknown):
                return _unknown_method(machine, base, name, arguments, node, namespace)
    return call_unknown(machine, base, arguments, node, namespace)


def _role_of_unknown(base: Unknown, name: str, arguments: Arguments) -> Role | None:
    """Tell what something not known is by what is asked of it; by its name where that leaves a choice."""
    if name == "zero_grad":
        base.role = Role.MODEL if base.role is Role.MODEL else Role.OPTIMIZER
    elif name == "unscale_":
        base.role = Role.SCALER
    elif name in ("eval", "parameters", "named_parameters") and base.role is None:
        base.role = Role.MODEL
    elif name == "step" and base.name == "opt":
        base.role = Role.OPTIMIZER
    elif base.role is None:
        base.role = role_by_name(base.name)
    return base.role


def _model_method(
    machine: Machine,
    base: Object | Unknown,
    name: str,
    arguments: Arguments,
    node: facts.Call,
    namespace: Namespace,
) -> Value:
    models = machine.models([base])
    match name:
        case "train" | "eval":
            _set_mode(machine, base, name, arguments, node, namespace)
            return base
        case "zero_grad":
            machine.emit(Kind.ZERO_GRAD, node, namespace, models=models)
            return NONE
        case "parameters" | "buffers" | "trainable_parameters":
            return Parameters(frozenset({base}))
        case "named_parameters" | "named_buffers":
            inner = Items("tuple", [machine.unknown("name"), Parameters(frozenset({base}))], machine.number())
            return Items("list", [inner], machine.number(), complete=False)
        case "modules" | "children" | "named_modules" | "named_children":
            return machine.unknown(name, base)
        case "forward" | "__call__":
            return forward(machine, base, arguments, node, namespace)
        case "load_state_dict":
            if machine.root is not None:
                machine.root.loaded.append(base)
            return machine.unknown("keys")
        case "backward" | "step":  # an engine in place of the model, as DeepSpeed's
            touch(machine, [base, *training_objects(arguments.values())], node, namespace)
            return machine.unknown()
        case "apply":
            for function in arguments.positional:
                if isinstance(function, FunctionValue):
                    machine.invoke(function, Arguments((machine.unknown("module", base),)))
            return base
        case "append" | "insert" | "extend" | "add_module" | "register_module" if isinstance(base, Object):
            for value in arguments.values():
                base.members[f"({len(base.members)})"] = value
            return NONE
        case "requires_grad_":
            freeze(frozenset({base}))
            return base
        case _ if name in _SAME_MODEL:
            return base
        case _ if name in _LOOKS_AT_MODEL or name.startswith("register_"):
            return machine.unknown(name)
    if isinstance(base, Unknown) and not arguments.positional and not arguments.keyword:
        return machine.unknown(name, base)
    return call_unknown(machine, base, arguments, node, namespace)


_SAME_MODEL = {"to", "cuda", "cpu", "half", "float", "double", "bfloat16", "to_empty", "type", "xpu"}
_LOOKS_AT_MODEL = {
    "state_dict",
    "named_buffers",
    "get_submodule",
    "get_parameter",
    "extra_repr",
    "size",
    "share_memory",
    "save_pretrained",
    "no_sync",
    "join",
    "update_parameters",
}


def _set_mode(
    machine: Machine,
    base: Object | Unknown,
    name: str,
    arguments: Arguments,
    node: facts.Call,
    namespace: Namespace,
) -> None:
    if isinstance(base, Unknown) and base.parts:  # one of the modules of a model, perhaps
        touch(machine, list(training_objects(base.parts)), node, namespace)
    models = machine.models([base])
    mode: Formula = name == "train"
    given = arguments.get(0, "mode") if name == "train" else None
    if given is not None:
        if isinstance(given, (Constant, Unknown, OneOf)):
            mode = truth(given)
        else:  # something else's `train(…)`, which happens to have the name
            touch(machine, [base], node, namespace)
            return
    train = machine.operation(Kind.TRAIN, node, namespace, models=models)
    evaluate = machine.operation(Kind.EVAL, node, namespace, models=models)
    if train is None or evaluate is None:
        return
    if isinstance(mode, bool):
        machine.record(train if mode else evaluate)
        machine.out.append(Event(train if mode else evaluate))
    else:
        machine.record(train)
        machine.record(evaluate)
        machine.out.append(Branch(mode, Event(train), Event(evaluate)))


def _optimizer_method(
    machine: Machine,
    base: Object | Unknown,
    name: str,
    arguments: Arguments,
    node: facts.Call,
    namespace: Namespace,
) -> Value:
    optimizer = machine.subject(Role.OPTIMIZER, base)
    models = machine.models(optimized(base))
    match name:
        case "step":
            closure = arguments.get(0, "closure")
            if isinstance(closure, FunctionValue):
                machine.invoke(closure, Arguments())
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


def _scaler_method(
    machine: Machine,
    base: Object | Unknown,
    name: str,
    arguments: Arguments,
    node: facts.Call,
    namespace: Namespace,
) -> Value:
    scaler = machine.subject(Role.SCALER, base)
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
            machine.emit(Kind.UNSCALE, node, namespace, scaler=scaler, optimizer=optimizer, models=models)
            return NONE
        case "step":
            machine.emit(Kind.SCALER_STEP, node, namespace, scaler=scaler, optimizer=optimizer, models=models)
            return machine.unknown()
        case "update":
            machine.emit(Kind.SCALER_UPDATE, node, namespace, scaler=scaler)
            return NONE
        case "state_dict" | "load_state_dict" | "get_scale" | "is_enabled" | "get_growth_factor":
            return machine.unknown(name, base)
    # A wrapper of the project or of another library: `loss_scaler(loss, optimizer, clip_grad=…)`.
    touch(machine, [base, *training_objects(arguments.values())], node, namespace)
    return machine.unknown(name)


def _backward(machine: Machine, loss: Value, node: facts.Call, namespace: Namespace) -> None:
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
    if scaled_op is None or plain_op is None:
        return
    machine.record(scaled_op)
    enabled = _enabled(scaler)
    if isinstance(enabled, bool):
        machine.out.append(Event(scaled_op if enabled else plain_op))
    else:  # `GradScaler(enabled=use_amp)` scales exactly where `if use_amp:` holds
        machine.out.append(Branch(enabled, Event(scaled_op), Event(plain_op)))


def _enabled(scaler: Value) -> Formula:
    if not isinstance(scaler, Object):
        return True
    enabled = scaler.arguments.get(-1, "enabled")
    return True if enabled is None else truth(enabled)


def _tensor_method(
    machine: Machine, base: Tensor, name: str, arguments: Arguments, node: facts.Call, namespace: Namespace
) -> Value:
    match name:
        case "backward":
            _backward(machine, base, node, namespace)
            return NONE
        case "detach" | "detach_" | "argmax" | "data_ptr":
            return Tensor(machine.number(), frozenset(), base.scaler, base.loader)
        case "item" | "tolist" | "numpy" | "size" | "dim" | "numel":
            return machine.unknown(name, base)
    result = machine.tensor(base, *arguments.values())
    return replace(result, folded=True) if may_fold(name, node.arguments) else result


def _parameters_method(
    machine: Machine, base: Parameters, name: str, node: facts.Call, namespace: Namespace
) -> Value:
    if base.gradients and name in _GRADIENT_METHODS:
        machine.emit(_GRADIENT_METHODS[name], node, namespace, models=machine.models(base.of))
    if name == "requires_grad_":
        freeze(base.of)
    return base if name in ("data", "detach", "detach_", "requires_grad_") else machine.unknown(name)


_GRADIENT_METHODS = {
    "zero_": Kind.ZERO_GRAD,
    "fill_": Kind.ZERO_GRAD,
    "clamp_": Kind.CLIP,
    "mul_": Kind.UNKNOWN,
    "div_": Kind.UNKNOWN,
    "copy_": Kind.UNKNOWN,
}


def _container_method(machine: Machine, base: Items | Table, name: str, arguments: Arguments) -> Value:
    first = arguments.get(0, "object")
    if isinstance(base, Items):
        if name in ("append", "add", "insert", "appendleft") and arguments.positional:
            base.items.append(arguments.positional[-1])
            if machine.block == base.block:
                machine.note_neighbours(base.items[-2:])
            base.block = machine.block
            base.complete = base.complete and base.made_in == machine.block
        elif name in ("extend", "update"):
            if first is not None:
                extend(machine, base, first)
        elif name in ("pop", "copy"):
            return base if name == "copy" else machine.unknown()
        return NONE
    values = list(base.pairs.values())
    match name:
        case "get" | "pop" | "setdefault" if isinstance(first, Constant):
            default = arguments.get(1, "default") or NONE
            if first.value in base.pairs:
                return base.pairs[first.value]
            return default if base.complete else machine.unknown(str(first.value))
        case "values":
            return Items("list", values, machine.number(), base.complete)
        case "keys":
            keys: list[Value] = [_constant(key) for key in base.pairs]
            return Items("list", keys, machine.number(), base.complete)
        case "items":
            pairs: list[Value] = [
                Items("tuple", [_constant(key), value], machine.number()) for key, value in base.pairs.items()
            ]
            return Items("list", pairs, machine.number(), base.complete)
        case "update":
            if isinstance(first, Table):
                base.pairs.update(first.pairs)
            else:
                base.complete = False
            base.pairs.update(arguments.keyword)
            return NONE
        case "copy":
            return Table(dict(base.pairs), machine.number(), base.complete)
    return machine.unknown(name)


def _constant(key: object) -> Constant:
    return Constant(key)  # type: ignore[arg-type]


def _parser_method(machine: Machine, base: Object, name: str, arguments: Arguments) -> Value:
    match name:
        case "add_argument":
            flags = [
                v.value for v in arguments.positional if isinstance(v, Constant) and isinstance(v.value, str)
            ]
            target = arguments.get(-1, "dest")
            if isinstance(target, Constant):
                flags = [str(target.value)]
            long = [flag for flag in flags if flag.startswith("--")] or flags
            if long:
                option = machine.unknown(long[0].lstrip("-").replace("-", "_"))
                option.default = arguments.get(-1, "default")
                base.members[option.name] = option
            return NONE
        case "add_argument_group" | "add_mutually_exclusive_group":
            return base
        case "parse_args" | "parse_known_args":
            args = machine.unknown("args")
            args.members.update(
                {key: value for key, value in base.members.items() if isinstance(value, Unknown)}
            )
            if name == "parse_known_args":
                return Items("tuple", [args, machine.unknown("rest")], machine.number())
            return args
    return machine.unknown(name)


# Names that an object not known would give to a step of training.
_ACTS = re.compile(r"zero|grad|step|optim|backward|train", re.I)


def _unknown_method(
    machine: Machine, base: Unknown, name: str, arguments: Arguments, node: facts.Call, namespace: Namespace
) -> Value:
    if name == "backward":
        optimizers = [o for o in training_objects(arguments.values()) if o.role is not Role.MODEL]
        if not arguments.positional or isinstance(arguments.positional[0], Constant):
            _backward(machine, base, node, namespace)
        else:  # `accelerator.backward(loss)`, `engine.backward(loss)`: what it does to the gradients is its own
            machine.emit(Kind.UNKNOWN, node, namespace)
            touch(machine, optimizers, node, namespace)
        return NONE
    if name in ("train", "eval") and not arguments.positional:
        base.role = Role.MODEL
        return _model_method(machine, base, name, arguments, node, namespace)
    if name == "prepare":  # Accelerate hands back what it was given, ready for the devices
        given = list(arguments.positional)
        return given[0] if len(given) == 1 else Items("tuple", given, machine.number())
    touched = list(training_objects([base, *arguments.values()]))
    if touched:
        touch(machine, touched, node, namespace)
    elif _ACTS.search(name):
        machine.emit(Kind.UNKNOWN, node, namespace)
    tensors = machine.tensor(*arguments.values())
    if tensors.sources:
        return tensors
    result = member_of_unknown(base, name) if not arguments.positional and not arguments.keyword else None
    if result is not None and name in ("is_enabled", "is_main_process", "get_rank"):
        return result
    return machine.unknown("", base, *arguments.values())
