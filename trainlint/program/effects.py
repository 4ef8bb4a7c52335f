"""What calls do to training: a forward, or anything at all."""

from __future__ import annotations

from trainlint.operations import Kind, Role
from trainlint.program import facts
from trainlint.program.expressions import as_read
from trainlint.program.flow import Choice
from trainlint.program.layers import trace_layer
from trainlint.program.machine import Machine, modules_in, training_objects
from trainlint.program.records import Forward
from trainlint.program.values import Arguments, ClassValue, FunctionValue, Namespace, Object, Tensor, Unknown, Value


def forward(
    machine: Machine, model: Object | Unknown, arguments: Arguments, node: facts.Call, namespace: Namespace
) -> Value:
    """Note a forward of a model; its result is a tensor with, where autograd records, a graph to the model."""
    if machine.tracing:
        return trace_layer(machine, model, arguments)
    inputs = machine.tensor(*arguments.values())
    if isinstance(model, Object) and isinstance(model.origin, str) and _computes_only(model.origin):
        return inputs
    operation = machine.emit(Kind.FORWARD, node, namespace, models=machine.models([model]), grad=machine.grad)
    stands_alone = not _is_part(machine, model) and not _differentiates(machine, model)
    if operation is not None and machine.root is not None and stands_alone:
        inputs_as_written = tuple(as_read(machine, argument.value, namespace) for argument in node.arguments)
        functions = tuple(frame.function.name for frame in machine.frames)
        loader = getattr(inputs.loader, "name", "")
        machine.root.forwards.append(
            Forward(
                operation,
                model,
                functions,
                tuple(machine.loops),
                inputs_as_written,
                loader,
                inputs.folded,
                machine.number(),
            )
        )
    sources, graph = inputs.sources, inputs.graph
    if machine.grad is False:
        sources, graph = frozenset(), frozenset()
    elif sources is not None:
        sources = sources | {model}
        graph = graph | {id(operation)}
    return Tensor(machine.number(), sources, None, inputs.loader, graph, inputs.folded)


def _is_part(machine: Machine, module: Object | Unknown) -> bool:
    """Tell whether a method of a model calls one of its own parts."""
    receivers = (frame.function.receiver for frame in machine.frames)
    return any(
        isinstance(receiver, Object) and receiver.role is Role.MODEL and module in modules_in(receiver)
        for receiver in receivers
        if receiver is not module
    )


def _differentiates(machine: Machine, module: Object | Unknown) -> bool:
    """Tell whether a module computes gradients itself, as an explanation or an attack does."""
    cls = module.origin if isinstance(module, Object) else None
    return isinstance(cls, ClassValue) and any(id(c.facts) in machine.interest.differentiating for c in cls.lineage())


def _computes_only(dotted: str) -> bool:
    """Tell whether a module of torch has neither parameters nor a mode: a loss, an activation."""
    last = dotted.rpartition(".")[2]
    return last.endswith("Loss") or last in _STATELESS


_STATELESS = {
    "ReLU",
    "GELU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "LogSoftmax",
    "Tanh",
    "Flatten",
    "Identity",
    "Upsample",
}


def call_unknown(
    machine: Machine, callee: Value, arguments: Arguments, node: facts.Call, namespace: Namespace
) -> Value:
    """Call something that is not known: it may do anything to the training objects that it is given."""
    touched = list(training_objects([callee, *arguments.values()]))
    if touched:
        touch(machine, touched, node, namespace)
    for function in arguments.values():
        if isinstance(function, FunctionValue):  # it may be called, in whatever state, or not
            saved, machine.grad = machine.grad, None
            with machine.undecided(), machine.captured() as out:
                machine.invoke(function, machine.open_arguments(function, 0 if function.receiver is None else 1))
            machine.grad = saved
            if out:
                machine.out.append(Choice((tuple(out), ())))
    tensors = machine.tensor(*arguments.values())
    if tensors.sources:
        return tensors
    return machine.unknown("", callee, *arguments.values())


def touch(machine: Machine, touched: list[Object | Unknown], node: facts.Call, namespace: Namespace) -> None:
    """Note that a call may have done anything to these objects."""
    models = machine.models([o for o in touched if o.role is Role.MODEL])
    by_role = {o.role: o for o in touched}
    subjects: dict[str, object] = {"models": models}
    for role, field in (
        (Role.OPTIMIZER, "optimizer"),
        (Role.SCALER, "scaler"),
        (Role.SCHEDULER, "scheduler"),
    ):
        if role in by_role:
            subjects[field] = machine.subject(role, by_role[role])
    if Role.OPTIMIZER in by_role or Role.SCALER in by_role:
        subjects["models"] = None
    machine.emit(Kind.UNKNOWN, node, namespace, **subjects)
