"""What is known of a dataset: which split it is, how long, in which order, and what transforms its samples."""

from __future__ import annotations

from collections.abc import Container, Iterator

from trainlint.program.data_api import (
    CONCATENATED,
    LENGTHS,
    SUBSET,
    TENSORS,
    composes,
    is_random_transform,
    shuffles,
    split_word,
)
from trainlint.program.machine import Machine
from trainlint.program.readings import readings
from trainlint.program.records import called_name
from trainlint.program.tensors import Tensor
from trainlint.program.torch_api import canonical
from trainlint.program.values import (
    Arguments,
    ClassValue,
    Constant,
    External,
    Items,
    Method,
    Object,
    OneOf,
    Table,
    Unknown,
    Value,
)

MAX_ANCESTRY = 400  # values looked at to learn where one came from


def origin_of(value: Value) -> str:
    """Return the public name of the library's class that an object is of; "" for anything else."""
    return canonical(value.origin) if isinstance(value, Object) and isinstance(value.origin, str) else ""


def part_of_split(machine: Machine, split: Object, position: int) -> Object:
    """Return one of the subsets that a `random_split` gives: the same each time it is asked for."""
    name = f"[{position}]"
    part = split.members.get(name)
    if not isinstance(part, Object):
        given = split.arguments.get(0, "dataset")
        arguments = Arguments((given,)) if given is not None else Arguments(complete=False)
        part = Object(machine.number(), None, SUBSET, arguments, split.place, depth=split.depth)
        part.members["__split__"] = split
        part.members["__position__"] = Constant(position)
        machine.objects.append(part)
        split.members[name] = part
    return part


def sources_of(dataset: Value) -> Iterator[tuple[Value, Object | None]]:
    """Yield the datasets that this one draws its samples from, each with the subset that picks them, if one does."""
    pending: list[tuple[Value, Object | None]] = [(dataset, None)]
    for _ in range(MAX_ANCESTRY):
        if not pending:
            return
        current, subset = pending.pop()
        name = origin_of(current)
        if isinstance(current, OneOf):
            pending.extend((reading, subset) for reading in current.readings)
        elif isinstance(current, Unknown) and isinstance(current.key, tuple) and current.key[0] == "joined":
            pending.extend((part, subset) for part in current.parts or [Unknown("hidden", 0)])
        elif name == SUBSET and isinstance(current, Object):
            inner = current.members.get("dataset") or current.arguments.get(0, "dataset")
            if inner is not None:
                pending.append((inner, current))
        elif name == CONCATENATED and isinstance(current, Object):
            given = current.arguments.get(0, "datasets")
            parts = given.items if isinstance(given, Items) else [] if given is None else [given]
            pending.extend((part, subset) for part in parts)
        else:
            yield current, subset


def is_map_style(dataset: Value, randomising: frozenset[int]) -> bool:
    """Tell whether samples are taken by index, for sure, and an index always gives the same sample.

    `randomising` has the `id` of the program's own classes that shuffle, or pick samples themselves.
    """
    sources = list(sources_of(dataset))
    return bool(sources) and all(_is_map_style(source, randomising) for source, _ in sources)


def _is_map_style(source: Value, randomising: frozenset[int]) -> bool:
    match source:
        case Object(origin=str() as origin):
            return origin.startswith("torchvision.datasets.") or origin_of(source) == TENSORS
        case Object(origin=ClassValue() as cls):
            return _gives_by_index(cls, randomising)
        case Unknown(parts=(Unknown(parts=(Table(pairs), *_)), *_)) if pairs:  # `DATASETS[name](…)`
            options = pairs.values()
            return all(isinstance(option, ClassValue) and _gives_by_index(option, randomising) for option in options)
    return False


def _gives_by_index(cls: ClassValue, randomising: frozenset[int]) -> bool:
    if any(id(ancestor.facts) in randomising for ancestor in cls.lineage()):
        return False
    bases = set(map(canonical, cls.library_bases()))
    known = all(base == "torch.utils.data.Dataset" or base.startswith("torchvision.datasets.") for base in bases)
    return known and bool(bases) and cls.member("__getitem__") is not None and cls.member("__iter__") is None


def ancestry(value: Value, attributes: bool = True) -> Iterator[Value]:
    """Yield a value and what it was made from, as far as that is known.

    Without `attributes`, an attribute of something not known is taken by itself: `args.seed` has nothing of `args`.
    """
    pending, seen = [value], set[int]()
    while pending and len(seen) < MAX_ANCESTRY:
        current = pending.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        match current:
            case Unknown(key=("member", *_), name=name) if not attributes and not name.startswith("["):
                pass
            case Unknown(parts=parts):
                pending.extend(parts)
            case OneOf(values):
                pending.extend(values)
            case Items(items=items):
                pending.extend(items)
            case Table(pairs=pairs):
                pending.extend(pairs.values())
            case Object() if current.role is None:
                pending.extend(current.arguments.values())
                pending.extend(v for k, v in current.members.items() if k == "__split__" or k.startswith("["))
            case Tensor(parts=parts, made_by=made):
                pending.extend(parts)
                if made is not None:
                    pending.append(made.callee)
                    pending.extend(made.arguments.values())
            case Method(receiver):
                pending.append(receiver)


def in_random_order(value: Value, shuffled: Container[int] = ()) -> bool:
    """Tell whether the samples may have been shuffled, drawn or picked at random when the data were made.

    `shuffled` has the `id` of the values that were shuffled in place.
    """
    for origin in ancestry(value):
        if id(origin) in shuffled:
            return True
        if isinstance(origin, External) and shuffles(canonical(origin.dotted)):
            return True
        if isinstance(origin, Tensor) and origin.made_by is not None and shuffles(called_name(origin.made_by.callee)):
            return True
        if isinstance(origin, Object) and shuffles(origin_of(origin)):
            return True
    return False


def is_held_out(dataset: Value) -> bool | None:
    """Tell whether a dataset is, by its own arguments, the part for test or validation; `None`: they do not say."""
    if not isinstance(dataset, Object) or dataset.role is not None:
        return None
    arguments = dataset.arguments
    if isinstance(dataset.origin, str) and dataset.origin.rpartition(".")[2] in LENGTHS:
        name = dataset.origin.rpartition(".")[2]
        flag = arguments.get(1, "split" if name in ("SVHN", "STL10") else "train")
        if flag is None:
            return False
        if isinstance(flag, Constant):
            return not flag.value if isinstance(flag.value, bool) else _says_held_out(flag)
        return None
    said = set[bool]()
    for name, value in arguments.keyword.items():
        if name in ("train", "is_train", "training", "is_training") and isinstance(value, Constant):
            said.add(not value.value)
    for value in arguments.values():
        held_out = _says_held_out(value)
        if held_out is not None:
            said.add(held_out)
    return said.pop() if len(said) == 1 else None


def _says_held_out(value: Value) -> bool | None:
    """Tell what a name of a split, or the last part of a path, says."""
    if isinstance(value, Unknown) and value.parts and isinstance(value.parts[-1], Constant):
        value = value.parts[-1]
    if not isinstance(value, Constant) or not isinstance(value.value, str):
        return None
    is_train = split_word(value.value)
    return None if is_train is None else not is_train


def transform_of(dataset: Value) -> Value | None:
    """Return what changes the samples of a dataset when they are taken; `None` where nothing is known to."""
    if not isinstance(dataset, Object) or not dataset.arguments.complete:
        return None
    for name in ("transform", "transforms"):
        given = dataset.members.get(name) or dataset.arguments.keyword.get(name)
        if given is not None:
            return given
    if isinstance(dataset.origin, ClassValue):
        return None
    return dataset.arguments.get(_TRANSFORM.get(dataset.origin.rpartition(".")[2], -1), "transform")


_TRANSFORM = {"ImageFolder": 1, "MNIST": 2, "FashionMNIST": 2, "KMNIST": 2, "CIFAR10": 2, "CIFAR100": 2, "SVHN": 2}


def random_transform(transform: Value, depth: int = 6) -> Object | None:
    """Return the first transform among these that surely draws anew for each sample."""
    if depth == 0:
        return None
    match transform:
        case Object(origin=str() as origin, arguments=arguments):
            if is_random_transform(origin):
                chance = arguments.keyword.get("p")
                always_off = isinstance(chance, Constant) and chance.value == 0
                return None if always_off else transform
            listed = arguments.get(0, "transforms") if composes(origin) else None
            parts = listed.items if isinstance(listed, Items) and listed.complete else list(arguments.positional)
            if composes(origin) and (isinstance(listed, Items) or origin.startswith("torch.nn.")):
                return next((found for part in parts if (found := random_transform(part, depth - 1))), None)
        case OneOf(values):
            options = [random_transform(value, depth - 1) for value in values]
            return options[0] if all(options) else None
    return None


def length_of(dataset: Value) -> int | None:
    """Return how many samples a dataset has, where the source tells."""
    name = origin_of(dataset)
    if len(readings(dataset)) > 1 or not isinstance(dataset, Object):
        return None
    if name == SUBSET:
        split = dataset.members.get("__split__")
        if isinstance(split, Object):
            return _length_of_part(split, dataset.members["__position__"])
        return _length_of_indices(dataset.arguments.get(1, "indices"))
    if name == TENSORS:
        lengths = {_first_dimension(value) for value in dataset.arguments.positional} - {None}
        return lengths.pop() if len(lengths) == 1 else None  # it takes none but tensors of one length
    if name.startswith("torchvision.datasets.") and name.rpartition(".")[2] in LENGTHS:
        held_out = is_held_out(dataset)
        return None if held_out is None else LENGTHS[name.rpartition(".")[2]][held_out]
    return None


def _length_of_part(split: Object, position: Value) -> int | None:
    lengths = split.arguments.get(1, "lengths")
    number = position.value if isinstance(position, Constant) else None
    if not isinstance(lengths, Items) or not lengths.complete or not isinstance(number, int):
        return None
    given = lengths.items[number] if number < len(lengths.items) else None
    return given.value if isinstance(given, Constant) and type(given.value) is int else None


def _length_of_indices(indices: Value | None) -> int | None:
    if isinstance(indices, Unknown) and indices.parts and indices.parts[0] == External("builtins.range"):
        bounds = [part.value for part in indices.parts[1:] if isinstance(part, Constant)]
        if len(bounds) == len(indices.parts) - 1 and all(type(bound) is int for bound in bounds):
            return len(range(*bounds))  # type: ignore[arg-type]
    return len(indices.items) if isinstance(indices, Items) and indices.complete else None


_SIZED = ("torch.randn", "torch.rand", "torch.zeros", "torch.ones", "torch.empty")


def _first_dimension(tensor: Value) -> int | None:
    made = tensor.made_by if isinstance(tensor, Tensor) else None
    if made is None or not made.arguments.complete:
        return None
    if made.name in ("torch.randint", "torch.full", "torch.normal"):
        size = made.arguments.keyword.get("size")
        sized = [v for v in made.arguments.positional if isinstance(v, Items)]
        size = size or (sized[0] if sized else None)
    elif made.name in ("torch.randperm", "torch.arange") and len(made.arguments.positional) == 1:
        size = made.arguments.positional[0]
    elif made.name in _SIZED:
        size = made.arguments.get(0, "size")
    elif made.name in (".float", ".long", ".to", ".double", ".unsqueeze", ".squeeze_"):
        receiver = made.receiver
        return None if receiver is None else _first_dimension(receiver)
    else:
        return None
    if isinstance(size, Items):
        size = size.items[0] if size.items else None
    return size.value if isinstance(size, Constant) and type(size.value) is int else None
