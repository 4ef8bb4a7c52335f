"""Follow a tensor through the layers of a module's forward: which layer feeds which."""

from __future__ import annotations

from trainlint.frozen import replace
from trainlint.operations import Role
from trainlint.program.machine import MAX_STEPS, Machine
from trainlint.program.records import Application
from trainlint.program.retrace import Looks, adopt, follow_once
from trainlint.program.tensors import Tensor
from trainlint.program.torch_api import LIGHTNING_MODULE, LIGHTNING_STEPS
from trainlint.program.traces import Traces
from trainlint.program.twins import Patterns
from trainlint.program.values import Arguments, ClassValue, FunctionValue, Items, Object, Table, Value

MAX_INSTANCES = 12  # instances of one class whose forward is followed


def trace_modules(machine: Machine) -> None:
    """Follow the forward of each module that the program defines, and each `Sequential` that it builds."""
    made: set[int] = set()
    looked_at = 0
    for cls in list(machine.classes):
        made.update([id(instance.origin) for instance in machine.objects[looked_at:]])
        looked_at = len(machine.objects)
        if _is_module(cls) and id(cls) not in made:
            init = cls.member("__init__")
            arguments = machine.open_arguments(init, 1) if isinstance(init, FunctionValue) else Arguments()
            machine.instantiate(cls, arguments, None)
    followed: dict[object, int] = {}
    machine.here.autocast = None  # a forward may be called under any
    traces = machine.traces = Traces(Patterns(machine.interest.asked))
    for instance in list(machine.objects):
        origin = instance.origin
        if isinstance(origin, ClassValue) and instance.role is Role.MODEL:
            followed[origin] = followed.get(origin, 0) + 1
            if followed[origin] > MAX_INSTANCES:
                continue
        elif origin != "torch.nn.Sequential":
            continue
        pattern, parts = traces.patterns.of(instance)
        if pattern in traces.alone:
            adopt(machine, parts, traces.alone[pattern])
            continue
        known = len(machine.applications)
        machine.here.steps = 0
        with Looks(machine, parts) as looks:
            _trace(machine, instance)
        traces.alone[pattern] = looks
        if machine.here.steps > MAX_STEPS:  # what is known in part only is not judged
            del machine.applications[known:]
            machine.outputs.pop(instance.ident, None)
            traces.inside.clear()
        machine.here.out.clear()
    machine.traces = None  # what was only there to be taken over
    machine.moulds.clear()


def _trace(machine: Machine, instance: Object) -> None:
    """Follow the forward of a module that stands alone."""
    origin = instance.origin
    machine.here.traced = instance
    if isinstance(origin, str):
        trace_layer(machine, instance, Arguments((machine.tensor(),)))
        return
    machine.outputs[instance.ident] = _trace_forward(machine, instance, None)
    if any(LIGHTNING_MODULE.match(base) for base in origin.library_bases()):
        for step in LIGHTNING_STEPS:
            _trace_method(machine, instance, origin.member(step), None)


def _is_module(cls: ClassValue) -> bool:
    return any(base.startswith("torch.nn.") or LIGHTNING_MODULE.match(base) for base in cls.library_bases())


def _trace_forward(machine: Machine, instance: Object, arguments: Arguments | None) -> Value:
    assert isinstance(instance.origin, ClassValue)
    member = instance.origin.member("forward")
    if not isinstance(member, FunctionValue) and "torch.nn.Sequential" in instance.origin.library_bases():
        return _trace_sequential(machine, instance, arguments or Arguments((machine.tensor(),)))
    return _trace_method(machine, instance, member, arguments)


def _trace_method(machine: Machine, instance: Object, member: Value | None, arguments: Arguments | None) -> Value:
    if not isinstance(member, FunctionValue):
        return machine.tensor(*(arguments or Arguments()).values())
    if arguments is None:
        opened = machine.open_arguments(member, 1)
        keyword = dict(opened.keyword)
        for parameter in member.facts.parameters[1:]:
            if not parameter.star and parameter.default is None:
                keyword[parameter.name] = machine.tensor()
        arguments = Arguments((), keyword, complete=False)
    bound = replace(member, receiver=instance)
    machine.here.tracing += 1
    try:
        return machine.invoke(bound, arguments)
    finally:
        machine.here.tracing -= 1


def follow_forward(machine: Machine, instance: Object, arguments: Arguments) -> None:
    """Follow the forward of a module where it is called, with what it is given."""
    saved, machine.here.traced = machine.here.traced, instance
    _trace_forward(machine, instance, arguments)
    machine.here.traced = saved


def trace_layer(machine: Machine, layer: Value, arguments: Arguments) -> Value:
    """Apply a layer: follow it inside if the program defines it, note it if torch does."""
    if isinstance(layer, Object) and isinstance(layer.origin, ClassValue):
        module = layer
        return follow_once(machine, module, arguments, lambda: _trace_forward(machine, module, arguments))
    if isinstance(layer, Object) and layer.origin == "torch.nn.Sequential":
        return _trace_sequential(machine, layer, arguments)
    if not isinstance(layer, Object) or layer.role is not Role.MODEL:
        return machine.tensor(*arguments.values())
    first = arguments.positional[0] if len(arguments.positional) == 1 and not arguments.keyword else None
    source = first.producer if isinstance(first, Tensor) else None
    folded = machine.tensor(*arguments.values()).folded
    assert machine.here.traced is not None
    machine.applications.append(Application(layer, source, machine.here.block, machine.here.traced, folded))
    return Tensor(machine.number(), frozenset(), folded=folded, producer=len(machine.applications) - 1)


def _trace_sequential(machine: Machine, layer: Object, arguments: Arguments) -> Value:
    layers = sequential_layers(layer)
    value = arguments.positional[0] if arguments.positional else machine.tensor()
    previous: Value | None = None
    for child in layers:
        together = layer.arguments.complete or (
            isinstance(previous, Object)
            and isinstance(child, Object)
            and (previous.ident, child.ident) in machine.neighbours
        )
        if previous is not None and not together:
            value = machine.tensor()
        value = trace_layer(machine, child, Arguments((value,)))
        previous = child
    return value if layer.arguments.complete else machine.tensor()


def sequential_layers(layer: Object) -> list[Value]:
    """Return the layers of a `Sequential` in their order."""
    given = list(layer.arguments.positional) if isinstance(layer.origin, str) else []
    if len(given) == 1:
        only = given[0]
        if isinstance(only, Table):
            given = list(only.pairs.values())
        elif isinstance(only, Object) and only.origin == "collections.OrderedDict":
            listed = only.arguments.get(0, "items")
            pairs = listed.items if isinstance(listed, Items) else []
            given = [pair.items[1] for pair in pairs if isinstance(pair, Items) and len(pair.items) == 2]
            given.extend(only.arguments.keyword.values())
    numbered = [value for name, value in layer.members.items() if name.startswith("(")]
    return given + numbered


def layers_one_by_one(machine: Machine, container: Object) -> Value:
    """Return the layers of a `Sequential` or `ModuleList` that the program goes through itself."""
    machine.taken_apart.add(container.ident)
    if container.origin == "torch.nn.ModuleList":
        listed = container.arguments.get(0, "modules")
        known = isinstance(listed, Items) or listed is None
        layers = (listed.items if isinstance(listed, Items) else []) + list(container.members.values())
        complete = known and (listed is None or (isinstance(listed, Items) and listed.complete))
        return Items("list", layers, machine.number(), complete and not container.members)
    if container.origin == "torch.nn.Sequential":
        return Items("list", sequential_layers(container), machine.number(), container.arguments.complete)
    return container
