"""Take over what following a forward told, where following another one would tell the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from trainlint.frozen import replace
from trainlint.program import facts
from trainlint.program.machine import MAX_STEPS, Machine
from trainlint.program.reachable import tensors_in
from trainlint.program.records import Application, Twin
from trainlint.program.tensors import Tensor
from trainlint.program.traces import Looked, Past, Traces
from trainlint.program.values import (
    Arguments,
    ClassValue,
    Constant,
    External,
    Items,
    Object,
    OneOf,
    Table,
    Unknown,
    Value,
)


class Looks:
    """Collects which attributes are read inside."""

    __slots__ = ("_looked", "_machine", "_outer")

    def __init__(self, machine: Machine, parts: tuple[Object, ...]) -> None:
        self._machine = machine
        self._looked = Looked(parts)

    def __enter__(self) -> Looked:
        machine, looked = self._machine, self._looked
        self._outer = machine.looked_at, machine.used
        machine.looked_at, machine.used = looked.looked_at, looked.used
        return looked

    def __exit__(self, *_: object) -> None:
        looked_at, used = self._outer
        looked_at |= self._looked.looked_at
        used |= self._looked.used
        self._machine.looked_at, self._machine.used = looked_at, used


def adopt(machine: Machine, parts: tuple[Object, ...], first: Looked) -> None:
    """Take over what following the forward of a module that stands alone told, for another one that is made alike."""
    module, like = parts[0], first.parts[0]
    if like.ident in machine.outputs:
        machine.outputs[module.ident] = machine.outputs[like.ident]
    machine.twins[module.ident] = Twin(like, {own.ident: its.ident for own, its in _pairs(parts, first)})
    _look_again(machine, parts, first)


def follow_once(machine: Machine, module: Object, arguments: Arguments, follow: Callable[[], Value]) -> Value:
    """Follow the forward of a module inside another, unless one like it was given the like before."""
    traces = machine.traces
    if traces is None or machine.here.steps > MAX_STEPS:
        return follow()
    inputs = tuple([tensor for value in arguments.values() for tensor in tensors_in(value)])
    pattern, parts = traces.patterns.of(module)
    key = pattern, _given(machine, traces, arguments, inputs)
    asked = frozenset(map(facts.render, machine.here.asked))
    past = traces.inside.get(key)
    if past is not None and past.asked <= asked:  # tests on the way can only excuse what is found there
        return _follow_again(machine, past, parts, inputs)
    start, since, cuts = len(machine.applications), machine.number(), machine.cuts
    read, again = _read(machine, inputs), len(machine.retraced)
    block = machine.here.block
    with Looks(machine, parts) as looked:
        result = follow()
    if machine.cuts == cuts and _can_be_copied(result):
        end = len(machine.applications)
        traces.inside[key] = Past(
            looked,
            asked,
            inputs,
            result,
            start,
            end,
            {number: machine.reads[number] for number in range(start, end) if number in machine.reads},
            tuple([after - before for before, after in zip(read, _read(machine, inputs), strict=True)]),
            tuple([tensor.key in machine.written for tensor in inputs]),
            block,
            since,
            ((since, machine.number()), *((first, last) for first, last, _ in machine.retraced[again:])),
        )
    return result


def _given(machine: Machine, traces: Traces, arguments: Arguments, inputs: tuple[Tensor, ...]) -> Hashable:
    """Return what must be alike of what a forward is given, and of where it is."""
    here = machine.here
    producers = [tensor.producer for tensor in inputs]
    idents = [tensor.ident for tensor in inputs]
    same = tuple([(producers.index(p), idents.index(i)) for p, i in zip(producers, idents, strict=True)])
    positional = tuple([traces.patterns.of_value(value) for value in arguments.positional])
    keyword = tuple([(name, traces.patterns.of_value(value)) for name, value in arguments.keyword.items()])
    written = tuple([tensor.key in machine.written for tensor in inputs])
    situation = here.grad, here.autocast, bool(here.loops)
    return positional, keyword, arguments.complete, arguments.ends, same, written, situation


def _follow_again(machine: Machine, past: Past, parts: tuple[Object, ...], inputs: tuple[Tensor, ...]) -> Value:
    here, traced = machine.here, machine.here.traced
    assert traced is not None
    machine.retraced.extend((first, last, traced) for first, last in past.calls)
    own = {its.ident: part for part, its in _pairs(parts, past.looked)}
    before = {its.producer: new.producer for its, new in zip(past.inputs, inputs, strict=True)}
    blocks = {past.block: here.block}
    shift = len(machine.applications) - past.start
    for number in range(past.start, past.end):
        application = machine.applications[number]
        source = application.source
        if source is not None:
            source = source + shift if source >= past.start else before.get(source, source)
        if application.block not in blocks:
            blocks[application.block] = machine.number()
        layer = own.get(application.layer.ident, application.layer)
        block = blocks[application.block]
        machine.applications.append(Application(layer, source, block, traced, application.folded))
    for number, count in past.reads.items():
        machine.reads[number + shift] += count
    for producer, count in {t.producer: count for t, count in zip(inputs, past.read, strict=True)}.items():
        if producer is not None and count:
            machine.reads[producer] += count
    for tensor, written in zip(inputs, past.written, strict=True):
        if written and tensor.key not in machine.written:
            machine.write(tensor)
    _look_again(machine, parts, past.looked)
    return _copied(machine, past, inputs, shift, past.result)


def _read(machine: Machine, inputs: tuple[Tensor, ...]) -> list[int]:
    return [0 if tensor.producer is None else machine.reads[tensor.producer] for tensor in inputs]


def _pairs(parts: tuple[Object, ...], first: Looked) -> zip[tuple[Object, Object]]:
    return zip(parts, first.parts, strict=True)


def _look_again(machine: Machine, parts: tuple[Object, ...], first: Looked) -> None:
    """Note that of the parts of a module the same is read as a forward read of those of another."""
    pairs = [(part.ident, its.ident) for part, its in _pairs(parts, first) if part is not its]
    machine.taken_apart.update(part for part, its in pairs if its in machine.taken_apart)
    for read, by_first in ((machine.looked_at, first.looked_at), (machine.used, first.used)):
        names: dict[int, list[str]] = {}
        for ident, name in by_first:
            names.setdefault(ident, []).append(name)
        read.update((part, name) for part, its in pairs for name in names.get(its, ()))


def _can_be_copied(value: Value) -> bool:
    match value:
        case Tensor() | Constant() | External() | ClassValue() | Unknown():
            return True
        case Items(items=values) | OneOf(values):
            return all(map(_can_be_copied, values))
        case Table():
            return all(map(_can_be_copied, value.held))
    return False


def _copied(machine: Machine, past: Past, inputs: tuple[Tensor, ...], shift: int, value: Value) -> Value:
    """Return what a forward gave, as it would have come into being anew."""

    def copied(inner: Value) -> Value:
        return _copied(machine, past, inputs, shift, inner)

    match value:
        case Tensor():
            for given, new in zip(past.inputs, inputs, strict=True):
                if value is given:
                    return new
            return _copied_tensor(machine, past, inputs, shift, value)
        case Unknown() if value.born >= past.since:
            return replace(machine.unknown(value.name, *value.parts), role=value.role, default=value.default)
        case Items():
            return replace(value, items=[copied(item) for item in value.items], ident=machine.number())
        case Table():
            pairs = {key: copied(item) for key, item in value.pairs.items()}
            return replace(value, pairs=pairs, rest=[copied(item) for item in value.rest], ident=machine.number())
        case OneOf(values):
            return OneOf(tuple([copied(each) for each in values]))
    return value


def _copied_tensor(machine: Machine, past: Past, inputs: tuple[Tensor, ...], shift: int, value: Tensor) -> Tensor:
    if value.ident < past.since:
        return value
    producer = value.producer
    if producer is not None and producer >= past.start:
        producer += shift
    elif producer is not None:
        producer = {its.producer: new.producer for its, new in zip(past.inputs, inputs, strict=True)}.get(producer)
    new = replace(value, ident=machine.number(), producer=producer)
    for known in (machine.written, machine.resized):
        if value.key in known:
            known.add(new.key)
    if value.ident in machine.leaves:
        machine.leaves.add(new.ident)
    return new
