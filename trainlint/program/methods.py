"""What a method does that is not one of the program's own: by what its object is to training."""

from __future__ import annotations

from trainlint.operations import Kind, Role
from trainlint.program import facts
from trainlint.program.assignment import freeze, set_by_name
from trainlint.program.attributes import member_of_unknown
from trainlint.program.conditions import Formula
from trainlint.program.containers import container_method, note_held, parser_method
from trainlint.program.effects import call_unknown, forward, touch
from trainlint.program.flow import Branch, Event
from trainlint.program.machine import Machine
from trainlint.program.managers import enter
from trainlint.program.modes import is_mode_of
from trainlint.program.reachable import training_objects
from trainlint.program.tensors import Parameters, Tensor
from trainlint.program.torch_api import role_by_name, sounds_like_a_look, sounds_like_a_step
from trainlint.program.training import (
    backward,
    driven_by,
    optimizer_method,
    parameters_method,
    scaler_method,
    size_of,
    tensor_method,
)
from trainlint.program.truth import truth
from trainlint.program.values import (
    NONE,
    Arguments,
    ClassValue,
    Constant,
    External,
    FunctionValue,
    Items,
    Namespace,
    Object,
    OneOf,
    Table,
    Unknown,
    Value,
)


def call_method(
    machine: Machine, base: Value, name: str, arguments: Arguments, node: facts.Call, namespace: Namespace
) -> Value:
    """Call a method that is not one of the program's own functions."""
    if name == "enter_context" and arguments.positional:
        return enter(machine, arguments.positional[0])
    match base:
        case Tensor():
            return tensor_method(machine, base, name, arguments, node, namespace)
        case Unknown(key=("truth", _), parts=(Tensor() as compared,)):  # `(outputs > 0).float()`
            return tensor_method(machine, compared, name, arguments, node, namespace)
        case Parameters():
            return parameters_method(machine, base, name, arguments, node, namespace)
        case Items() | Table():
            note_held(machine, base, name, arguments, node, namespace)
            return container_method(machine, base, name, arguments)
        case Object(role=None, origin="argparse.ArgumentParser"):
            return parser_method(machine, base, name, arguments)
        case Object() | Unknown():
            role = base.role if isinstance(base, Object) else _role_of_unknown(base, name)
            match role:
                case Role.MODEL:
                    return _model_method(machine, base, name, arguments, node, namespace)
                case Role.OPTIMIZER:
                    return optimizer_method(machine, base, name, arguments, node, namespace)
                case Role.SCHEDULER if name == "step":
                    scheduler, optimizer = machine.subject(Role.SCHEDULER, base), driven_by(machine, base)
                    subjects = {"scheduler": scheduler, "optimizer": optimizer}
                    given = bool(node.arguments)
                    machine.emit(Kind.SCHEDULER_STEP, node, namespace, **subjects, given=given)
                    return NONE
                case Role.SCHEDULER if name in ("get_last_lr", "get_lr", "state_dict", "load_state_dict"):
                    return machine.unknown(name)
                case Role.SCALER:
                    return scaler_method(machine, base, name, arguments, node, namespace)
            if isinstance(base, Unknown):
                return _unknown_method(machine, base, name, arguments, node, namespace)
    return call_unknown(machine, base, arguments, node, namespace)


def _role_of_unknown(base: Unknown, name: str) -> Role | None:
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
        case "parameters" | "buffers" | "trainable_parameters" | "named_parameters" | "named_buffers":
            return Parameters(frozenset({base}))
        case "modules" | "children" | "named_modules" | "named_children":
            return machine.unknown(name, base)
        case "forward" | "__call__":
            return forward(machine, base, arguments, node, namespace)
        case "load_state_dict":
            if machine.here.root is not None:
                machine.here.root.loaded.append(base)
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
            if _names_its_layers(base) and len(arguments.positional) == 2 and "module" in name:
                set_by_name(machine, base, *arguments.positional)
                return NONE
            for value in arguments.values():
                if not isinstance(value, Constant):
                    base.members[f"({len(base.members)})"] = value
            base.members[GROWN] = Constant(name != "insert" and machine.here.depth <= base.depth)
            return NONE
        case "requires_grad_":
            freeze(machine, Parameters(frozenset({base})), arguments.get(0, "requires_grad"))
            return base
        case "register_buffer" if isinstance(base, Object) and len(arguments.positional) >= 2:
            set_by_name(machine, base, *arguments.positional[:2])
            return NONE
        case _ if name in _SAME_MODEL:
            return base
        case "no_sync" | "join":  # contexts that leave autograd and autocast as they are
            return machine.unknown(name, External(f"torch.nn.parallel.DistributedDataParallel.{name}"))
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
        known = isinstance(given, (Constant, Unknown, OneOf)) and getattr(given, "name", "") != "training"
        if known or is_mode_of(given, base):
            mode = truth(given)
        else:  # the mode of another, or something else's `train(…)`, which happens to have the name
            touch(machine, [base], node, namespace)
            return
    train = machine.operation(Kind.TRAIN, node, namespace, models=models)
    evaluate = machine.operation(Kind.EVAL, node, namespace, models=models)
    if train is None or evaluate is None:
        return
    if isinstance(mode, bool):
        machine.record(train if mode else evaluate)
        machine.here.out.append(Event(train if mode else evaluate))
    else:
        machine.record(train)
        machine.record(evaluate)
        machine.here.out.append(Branch(mode, Event(train), Event(evaluate)))


def _names_its_layers(module: Object) -> bool:
    """Tell whether a module's `forward` calls its layers by name, not one behind the other."""
    cls = module.origin
    return isinstance(cls, ClassValue) and "torch.nn.Sequential" not in cls.library_bases()


# Under this name a container of layers remembers that it grew, and whether its last layer is the last one for sure.
GROWN = "__grown__"


def _unknown_method(
    machine: Machine, base: Unknown, name: str, arguments: Arguments, node: facts.Call, namespace: Namespace
) -> Value:
    if name == "backward":
        optimizers = [o for o in training_objects(arguments.values()) if o.role is not Role.MODEL]
        if not arguments.positional or isinstance(arguments.positional[0], Constant):
            backward(machine, base, node, namespace)
        else:  # `accelerator.backward(loss)`, `engine.backward(loss)`: what it does to the gradients is its own
            machine.emit(Kind.UNKNOWN, node, namespace)
            touch(machine, optimizers, node, namespace)
        return NONE
    if name in ("train", "eval") and not arguments.positional:
        base.role = Role.MODEL
        return _model_method(machine, base, name, arguments, node, namespace)
    if name == "size":
        return size_of(machine, member_of_unknown(base, "shape"), arguments)
    if name == "prepare":  # Accelerate hands back what it was given, ready for the devices
        given = list(arguments.positional)
        return given[0] if len(given) == 1 else Items("tuple", given, machine.number())
    touched = list(training_objects([base, *arguments.values()]))
    if base.name == "grad" and name.endswith("_") and name != "detach_":  # a gradient, changed in place
        kind = Kind.ZERO_GRAD if name == "zero_" else Kind.UNKNOWN
        machine.emit(kind, node, namespace)
    elif touched:
        touch(machine, touched, node, namespace)
    elif (
        sounds_like_a_step(name) and not sounds_like_a_look(name) and not (name == "step" and arguments.positional)
    ):  # `env.step(action)`
        machine.emit(Kind.UNKNOWN, node, namespace)
    tensors = machine.tensor(*arguments.values())
    if tensors.sources:
        return tensors
    result = member_of_unknown(base, name) if not arguments.positional and not arguments.keyword else None
    if result is not None and name in ("is_enabled", "is_main_process", "get_rank"):
        return result
    return machine.unknown("", base, *arguments.values())
