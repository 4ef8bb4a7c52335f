"""What calls do to training: a forward, or anything at all."""

from __future__ import annotations

from trainlint.frozen import replace
from trainlint.operations import Kind, Role
from trainlint.program import facts
from trainlint.program.contexts import Autocast
from trainlint.program.expressions import as_read
from trainlint.program.flow import Choice
from trainlint.program.layers import follow_forward, trace_layer
from trainlint.program.machine import Machine
from trainlint.program.reachable import modules_in, training_objects
from trainlint.program.readings import bound
from trainlint.program.recorder import place_of
from trainlint.program.records import Forward
from trainlint.program.tensors import Cut, Tensor
from trainlint.program.torch_api import sounds_like_a_change, sounds_like_a_look
from trainlint.program.values import Arguments, ClassValue, FunctionValue, Namespace, Object, Table, Unknown, Value


def forward(
    machine: Machine, model: Object | Unknown, arguments: Arguments, node: facts.Call, namespace: Namespace
) -> Value:
    """Note a forward of a model; its result is a tensor with, where autograd records, a graph to the model."""
    if machine.here.tracing:
        return trace_layer(machine, model, arguments)
    inputs = machine.tensor(*arguments.values())
    if isinstance(model, Object) and isinstance(model.origin, str) and _computes_only(model.origin):
        return inputs
    if isinstance(model, Object) and not _has_layers(model):  # a loss of the program's own
        follow_forward(machine, model, arguments)
    saved, machine.here.autocast = machine.here.autocast, _autocast_in(model) or machine.here.autocast
    operation = machine.emit(Kind.FORWARD, node, namespace, models=machine.models([model]), grad=machine.here.grad)
    machine.here.autocast = saved
    stands_alone = not _is_part(machine, model) and not _differentiates(machine, model)
    if operation is not None and machine.here.root is not None and stands_alone:
        inputs_as_written = tuple(as_read(machine, argument.value, namespace) for argument in node.arguments)
        functions = tuple(frame.function.name for frame in machine.here.frames)
        loader = getattr(inputs.loader, "name", "")
        machine.here.root.forwards.append(
            Forward(
                operation,
                model,
                functions,
                tuple(machine.here.loops),
                inputs_as_written,
                loader,
                inputs.folded,
                arguments,
                machine.number(),
                tuple([frame.place for frame in machine.here.frames]),
            )
        )
    sources, graph = inputs.sources, inputs.graph
    if machine.here.grad is False:
        cut = Cut(facts.render(node.callee), place_of(node, namespace))
        return Tensor(machine.number(), frozenset(), None, inputs.loader, detached=True, folded=inputs.folded, cut=cut)
    if sources is not None:
        sources = sources | {model}
        graph = graph | {id(operation)}
    number = machine.number()
    terms = frozenset({number}) if graph else frozenset()
    return Tensor(number, sources, None, inputs.loader, graph, inputs.folded, open=inputs.open, terms=terms)


def _is_part(machine: Machine, module: Object | Unknown) -> bool:
    """Tell whether a method of a model calls one of its own parts."""
    receivers = (frame.function.receiver for frame in machine.here.frames)
    return any(
        isinstance(receiver, Object) and receiver.role is Role.MODEL and module in modules_in(receiver)
        for receiver in receivers
        if receiver is not module
    )


def _autocast_in(module: Object | Unknown) -> Autocast | None:
    """Return what a decorator of a module's `forward` sets."""
    method = bound(module, "forward") if isinstance(module, Object) else None
    return None if method is None else method.autocast


def _has_layers(model: Object) -> bool:
    """Tell whether a module may hold layers of a library: what has none computes something from its arguments only."""
    inside = [module for module in modules_in(model) if module is not model]
    return not isinstance(model.origin, ClassValue) or any(
        not isinstance(module, Object) or (isinstance(module.origin, str) and not _computes_only(module.origin))
        for module in inside
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
    for given in arguments.values():
        if isinstance(given, Table):
            machine.forget_constants(given.pairs)
        if isinstance(given, FunctionValue):  # it may be called, in whatever state, or not
            saved = machine.here.grad, machine.here.autocast
            machine.here.grad = machine.here.autocast = None
            with machine.undecided(), machine.captured() as out:
                machine.invoke(given, machine.open_arguments(given, 0 if given.receiver is None else 1))
            machine.here.grad, machine.here.autocast = saved
            if out:
                machine.here.out.append(Choice((tuple(out), ())))
    tensors = machine.tensor(*arguments.values())
    if tensors.sources:
        return replace(tensors, open=True, parts=(*tensors.parts, callee))
    return machine.unknown("", callee, *arguments.values())


def touch(machine: Machine, touched: list[Object | Unknown], node: facts.Call, namespace: Namespace) -> None:
    """Note that a call may have done anything to these objects, as far as its name lets one think so."""
    machine.hand_over(touched)
    name = node.callee.name if isinstance(node.callee, facts.Attribute) else facts.render(node.callee)
    if sounds_like_a_look(name):
        return
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
    likely = by_role.keys() != {Role.MODEL} or sounds_like_a_change(name, facts.render(node.callee))
    machine.emit(Kind.UNKNOWN if likely else Kind.HANDED, node, namespace, **subjects)
