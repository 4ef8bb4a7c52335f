"""What calling a name of a library does."""

from __future__ import annotations

from trainlint.frozen import replace
from trainlint.operations import Kind, Role, Subject
from trainlint.program import facts
from trainlint.program.assignment import set_by_name
from trainlint.program.attributes import attribute
from trainlint.program.autocast import autocast_context
from trainlint.program.contexts import Context
from trainlint.program.data_api import is_data
from trainlint.program.effects import call_unknown
from trainlint.program.flow import Exit
from trainlint.program.folding import joins_batches, may_fold
from trainlint.program.iteration import element_of
from trainlint.program.machine import Machine
from trainlint.program.managers import set_grad
from trainlint.program.methods import call_method
from trainlint.program.reachable import number_from, training_objects
from trainlint.program.readings import ANY_OPTIMIZER, newest, parameters_of, readings
from trainlint.program.recorder import place_of
from trainlint.program.tensors import Cut, Parameters, Tensor
from trainlint.program.torch_api import (
    BORN_IN_EVAL,
    ITERATES,
    MAKES_LEAVES,
    MODEL_WRAPPERS,
    SYNC_BATCHNORM,
    canonical,
    clips_gradients,
    grad_context,
    is_harmless,
    role_of_constructor,
)
from trainlint.program.training import driven_by, optimized
from trainlint.program.truth import truth
from trainlint.program.values import (
    NONE,
    Arguments,
    Constant,
    External,
    Items,
    Namespace,
    Object,
    OneOf,
    Table,
    Unknown,
    Value,
)
from trainlint.program.versions import version_called


def call_library(machine: Machine, dotted: str, arguments: Arguments, node: facts.Call, namespace: Namespace) -> Value:
    """Call a name of a library: make an object, do an operation of training, or neither."""
    if (version := version_called(dotted, arguments)) is not None:
        return version
    if dotted == "builtins.list" and arguments == Arguments():
        return Items("list", [], machine.number(), made_in=machine.here.block)
    if dotted == "builtins.dict" and arguments == Arguments():
        return Table({}, machine.number())
    if dotted in _LISTS and isinstance(given := arguments.get(0, "iterable"), Parameters):
        return given
    if dotted in _APEX:
        given = arguments.get(0, "models")
        return machine.tensor(given) if isinstance(given, Tensor) else given or machine.unknown()
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
    if role is not None or dotted in ITERATES or dotted in _KEPT or is_data(canonical(dotted)):
        place = place_of(node, namespace)
        made = Object(machine.number(), role, dotted, arguments, place, depth=machine.here.depth)
        machine.objects.append(made)
        match role:
            case Role.MODEL if BORN_IN_EVAL.match(dotted):
                machine.emit(Kind.EVAL, node, namespace, models=machine.models([made]))
            case Role.OPTIMIZER if not _wraps_optimizer(made):
                models = machine.models(optimized(made))
                machine.emit(Kind.BUILD, node, namespace, optimizer=machine.subject(role, made), models=models)
            case Role.SCHEDULER:
                scheduler, optimizer = machine.subject(role, made), driven_by(machine, made)
                machine.emit(Kind.BUILD, node, namespace, scheduler=scheduler, optimizer=optimizer)
            case Role.SCALER:
                machine.emit(Kind.BUILD, node, namespace, scaler=machine.subject(role, made))
        return made
    autocast = autocast_context(dotted, arguments)
    if autocast is not None:
        return autocast
    grad = grad_context(dotted)
    if grad is not None:
        return Context(grad)
    if dotted.endswith(".set_grad_enabled") and dotted.startswith("torch."):
        return _set_grad_enabled(machine, arguments)
    if clips_gradients(dotted):
        receivers = (frame.function.receiver for frame in machine.here.frames)
        if any(isinstance(r, Object) and r.role is Role.OPTIMIZER for r in receivers):
            return machine.unknown("norm")  # a part of the step of an optimizer that the program defines
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
    if dotted.startswith("torch._foreach_") and dotted.endswith("_"):
        changed = arguments.get(0, "self")
        if isinstance(changed, Parameters) and changed.gradients:
            kind = Kind.ZERO_GRAD if dotted == "torch._foreach_zero_" else Kind.UNKNOWN
            machine.emit(kind, node, namespace, models=machine.models(changed.of))
        return machine.unknown()
    if dotted in _LEAVES:
        machine.here.out.append(Exit("raise"))
        return NONE
    if dotted in ("builtins.exec", "builtins.eval"):
        machine.forget_constants(namespace.variables)
        return machine.unknown()
    if dotted == "builtins.setattr" and len(arguments.positional) == 3:
        set_by_name(machine, *arguments.positional)
        return NONE
    if dotted == "torch.autograd.grad":
        if machine.here.root is not None:
            machine.here.root.differentiated |= machine.tensor(*arguments.values()).graph
        machine.emit(Kind.BACKWARD, node, namespace, scaled=False)
        return machine.unknown()
    if dotted == "builtins.next" and arguments.positional:
        return element_of(machine, arguments.positional[0])
    if dotted == "builtins.getattr" and len(arguments.positional) >= 2:
        base, name = arguments.positional[:2]
        if isinstance(name, Constant) and isinstance(name.value, str):
            return attribute(machine, base, name.value, namespace.file)
        if base == External("torch.optim"):
            return ANY_OPTIMIZER
    if dotted == "builtins.isinstance" and (decided := _is_instance(arguments)) is not None:
        return Constant(decided)
    if dotted in _PURE:
        key = ("call", dotted, tuple(a.key for a in arguments.values()))
        born = max((newest(a) for a in arguments.values()), default=0)
        return Unknown(key, born, parts=(External(dotted), *arguments.values()))
    if dotted in ("builtins.float", "builtins.int", "builtins.str", "builtins.bool") and arguments.positional:
        value = arguments.positional[0]
        if dotted == "builtins.int" and isinstance(value, Unknown):
            return Unknown(("call", dotted, (value.key,)), value.born, parts=(value,))
        return value if isinstance(value, Constant) else machine.unknown("", value)
    if dotted in ("builtins.dict", "builtins.set"):
        return Table(dict(arguments.keyword.items()), machine.number(), not arguments.positional)
    if dotted in _COPIES and isinstance(first := arguments.get(0, "x"), (Object, Unknown)):
        copied = machine.unknown(first.name)
        copied.role = first.role
        return copied
    if dotted == "builtins.filter" and len(arguments.positional) == 2:
        return arguments.positional[1]
    if MAKES_LEAVES.match(dotted):
        leaf = _leaf(machine, arguments, node, namespace)
        if dotted.endswith("Parameter"):
            machine.leaves.add(leaf.ident)
        return leaf
    if is_harmless(dotted):
        tensors = machine.tensor(*arguments.values())
        if may_fold(dotted.rpartition(".")[2], node.arguments[1:]) or joins_batches(dotted, node.arguments):
            tensors = replace(tensors, folded=True)
        return (
            tensors
            if tensors.sources or dotted.startswith("torch.")
            else machine.unknown("", External(dotted), *arguments.values())
        )
    return call_unknown(machine, External(dotted), arguments, node, namespace)


def _wraps_optimizer(made: Object) -> bool:
    """Tell whether an optimizer is given another one, whose parameters and rates it shares."""
    given = made.arguments.get(0, "optimizer")
    return given is not None and any(getattr(option, "role", None) is Role.OPTIMIZER for option in readings(given))


def _is_instance(arguments: Arguments) -> bool | None:
    """Tell whether something of a library is of a class; `None` where that is not known."""
    match arguments.positional:
        case (Object(origin=str() as origin), External(dotted)):
            if canonical(origin) == canonical(dotted):
                return True
            # Of these only the base class has subclasses.
            both = origin.startswith(_SCHEDULERS) and dotted.startswith(_SCHEDULERS)
            return False if both and not dotted.endswith("LRScheduler") else None
    return None


_SCHEDULERS = "torch.optim.lr_scheduler."


def _leaf(machine: Machine, arguments: Arguments, node: facts.Call, namespace: Namespace) -> Tensor:
    """Return a tensor that torch makes anew: it has the values that it is given, and no graph."""
    given = [*arguments.values(), *filter(None, map(number_from, arguments.values()))]
    listed = [number_from(item) for value in given if isinstance(value, Items) for item in value.items]
    tensors = machine.tensor(*given, *filter(None, listed))
    cut = tensors.cut or (Cut(facts.render(node.callee), place_of(node, namespace)) if tensors.graph else None)
    made = Tensor(machine.number(), frozenset(), None, tensors.loader, folded=tensors.folded, detached=True, cut=cut)
    if arguments.get(-1, "requires_grad") not in (None, Constant(False)):
        machine.leaves.add(made.ident)
    return made


def _stepping(machine: Machine, of: frozenset[Value] | None) -> Subject | None:
    """Return the optimizer of these modules, if there is exactly one that the program makes."""
    optimizers = [
        o for o in machine.objects if o.role is Role.OPTIMIZER and (optimized(o) or frozenset()) & (of or set())
    ]
    return machine.subject(Role.OPTIMIZER, optimizers[0]) if len(optimizers) == 1 else None


def _set_grad_enabled(machine: Machine, arguments: Arguments) -> Value:
    """Set whether autograd records: from now on, and, used as a context manager, for its block only."""
    mode = arguments.get(0, "mode")
    formula = None if mode is None else truth(mode)
    grad = formula if isinstance(formula, bool) else None
    set_grad(machine, grad)
    return Context(grad)


_LISTS = {"builtins.list", "builtins.tuple", "builtins.set", "builtins.iter"}


# Nvidia's older mixed precision, of which these hand back what they are first given, scaled or not.
_APEX = {"apex.amp.scale_loss", "apex.amp.master_params"}


# Calls that do not return.
_LEAVES = {"sys.exit", "os._exit", "os.abort", "builtins.exit", "builtins.quit"}


# Objects of libraries whose arguments are asked for later.
_KEPT = {
    "argparse.ArgumentParser",
    "builtins.enumerate",
    "builtins.zip",
    "collections.OrderedDict",
    "functools.partial",
    "itertools.chain",
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
