"""How many axes a tensor has, and how long the last one is, as far as the source tells."""

from __future__ import annotations

from dataclasses import dataclass

from trainlint.program.layers import sequential_layers
from trainlint.program.outputs import MAX_CHAIN, Outputs, operand
from trainlint.program.readings import readings
from trainlint.program.records import Called
from trainlint.program.tensors import Tensor
from trainlint.program.torch_api import canonical
from trainlint.program.values import NONE, ClassValue, Constant, Items, Object, Unknown, Value


@dataclass(frozen=True, slots=True)
class Shape:
    """The number of axes and the length of the last one; `None` where it is not known."""

    rank: int | None = None
    last: int | None = None


ANY = Shape()


class Shapes:
    """Tells the shapes of tensors, looking into the forwards that gave them."""

    def __init__(self, outputs: Outputs) -> None:
        self._outputs = outputs
        self._known: dict[int, tuple[Value, Shape]] = {}  # as `Outputs` does

    def of(self, value: Value | None, depth: int = MAX_CHAIN) -> Shape:
        """Return what all readings of a value have in common."""
        if value is None or depth <= 0:
            return ANY
        shapes = [self._remembered(reading, depth - 1) for reading in readings(value) if reading != NONE]
        ranks, lasts = {shape.rank for shape in shapes}, {shape.last for shape in shapes}
        return Shape(ranks.pop() if len(ranks) == 1 else None, lasts.pop() if len(lasts) == 1 else None)

    def _remembered(self, value: Value, depth: int) -> Shape:
        if id(value) not in self._known:
            self._known[id(value)] = value, self._reading(value, depth)
        return self._known[id(value)][1]

    def _reading(self, value: Value, depth: int) -> Shape:
        if value.key in self._outputs.resized:
            return ANY
        if isinstance(value, Tensor) and value.taken_from is not None:
            return self._part(*value.taken_from, value, depth)
        call = self._outputs.call_of(value)
        if call is None:
            return ANY
        if isinstance(call.callee, Object):
            return self.after(call.callee, self.of(operand(call), depth), depth)
        return self._function(call, depth)

    def _part(self, whole: Tensor, index: int | str | None, part: Tensor, depth: int) -> Shape:
        if index is None:
            return ANY
        if isinstance(index, int) and whole.taken_from is None and whole.made_by is None:
            known = self.of(column(whole.loader, index), depth)
            return Shape(known.rank, None if known.rank == 1 else known.last)
        opened = self._outputs.opened(part, depth)
        return ANY if opened is whole else self.of(opened, depth)

    def after(self, layer: Value, given: Shape, depth: int = MAX_CHAIN) -> Shape:
        """Return the shape of what a layer makes of a tensor of a shape."""
        if not isinstance(layer, Object) or depth <= 0:
            return ANY
        if isinstance(layer.origin, ClassValue):
            return self.of(self._outputs.forward_of(layer), depth - 1)
        name = canonical(layer.origin).removeprefix("torch.nn.")
        if name == "Sequential":
            layers = sequential_layers(layer)
            if not layer.arguments.complete:
                layers, given = layers[-1:] if layer.arguments.ends else [], ANY
            for child in layers:
                given = self.after(child, given, depth - 1)
            return given if layers else ANY
        if name == "Linear":
            return Shape(given.rank, _length(layer.arguments.get(1, "out_features")))
        if name == "Flatten" and layer.arguments.get(0, "start_dim") is None:
            return Shape(2)
        return given if name in _SAME_LAYERS else ANY

    def _function(self, call: Called, depth: int) -> Shape:
        home, _, last = call.name.rpartition(".")
        if home == "torch" and last in _MADE:
            return _made(call, last)
        if home == "torch" and last in ("tensor", "as_tensor", "FloatTensor", "LongTensor"):
            return _listed(call.arguments.get(0, "data"))
        if home not in ("", "torch", "torch.nn.functional", "torch.autograd"):
            return ANY
        source = operand(call)
        rest = list(call.arguments.positional[(0 if home == "" else 1) :])
        if last in ("view", "reshape"):
            sizes = rest[0].items if len(rest) == 1 and isinstance(rest[0], Items) else rest
            return Shape(len(sizes), _size(sizes[-1])) if sizes and call.arguments.complete else ANY
        if last in ("flatten", "ravel"):
            start = call.arguments.get(0 if home == "" else 1, "start_dim")
            return Shape({None: 1, 1: 2}.get(_length(start))) if not rest[1:] else ANY
        before = self.of(source, depth)
        axis = _length(call.arguments.get(0 if home == "" else 1, "dim"))
        if last == "unsqueeze" and axis is not None and (before.rank is not None or axis == -1):
            at_end = axis in (-1, before.rank)
            return Shape(None if before.rank is None else before.rank + 1, 1 if at_end else before.last)
        if last == "squeeze" and axis is not None and before.rank is not None:
            dropped = before.last == 1 and axis in (-1, before.rank - 1)
            return Shape(before.rank - 1) if dropped else ANY
        return before if keeps_shape(call) else ANY


def keeps_shape(call: Called) -> bool:
    """Tell whether what a call gives has the shape of the tensor that it is about."""
    home, _, last = call.name.rpartition(".")
    if isinstance(call.callee, Object):
        return call.name.removeprefix("torch.nn.") in _SAME_LAYERS
    return last in _SAME and home in ("", "torch", "torch.nn.functional", "torch.autograd")


def column(loader: Value | None, index: int) -> Value | None:
    """Return what a loader's batches are cut from: the tensor at this position of its `TensorDataset`."""
    dataset = loader.arguments.get(0, "dataset") if isinstance(loader, Object) else None
    for _ in range(4):
        match dataset:
            case Unknown(parts=(Object(origin="torch.utils.data.random_split") as split, *_)):
                dataset = split.arguments.get(0, "dataset")
            case Object(origin="torch.utils.data.Subset" | "torch.utils.data.random_split"):
                dataset = dataset.arguments.get(0, "dataset")
    arguments = None
    if isinstance(dataset, Tensor) and dataset.made_by is not None:
        arguments = dataset.made_by.arguments if dataset.made_by.name == _TENSOR_DATASET else None
    elif isinstance(dataset, Object) and dataset.origin == _TENSOR_DATASET:
        arguments = dataset.arguments
    if arguments is None or not arguments.complete or not -1 < index < len(arguments.positional):
        return None
    return arguments.positional[index]


def _made(call: Called, kind: str) -> Shape:
    """Return the shape of a tensor that is made with given sizes."""
    if kind in _COUNTED:
        return Shape(1)
    given = list(call.arguments.positional)
    listed = next((value for value in (*call.arguments.keyword.values(), *given) if isinstance(value, Items)), None)
    if listed is None and kind in ("full", "randint"):
        return ANY
    sizes = given if listed is None else listed.items
    if listed is None and len(sizes) == 1 and isinstance(sizes[0], Unknown):  # another tensor's shape, perhaps
        return ANY
    known = call.arguments.complete and sizes and all(isinstance(size, (Constant, Unknown)) for size in sizes)
    return Shape(len(sizes), _size(sizes[-1])) if known else ANY


def _listed(data: Value | None) -> Shape:
    """Return the shape of a tensor made of nested lists of numbers."""
    rank, last = 0, None
    while isinstance(data, Items):
        rank, last = rank + 1, len(data.items) if data.complete else None
        data = data.items[0] if data.items else Constant(0)
    return Shape(rank, last) if rank and isinstance(data, Constant) else ANY


def _size(value: Value | None) -> int | None:
    length = _length(value)
    return length if length is not None and length >= 0 else None


def _length(value: Value | None) -> int | None:
    return value.value if isinstance(value, Constant) and isinstance(value.value, int) else None


_TENSOR_DATASET = "torch.utils.data.TensorDataset"
_COUNTED = ("arange", "linspace", "randperm")
_MADE = ("randn", "rand", "zeros", "ones", "empty", "full", "randint", *_COUNTED)
# Layers, functions and methods that keep the shape.
_SAME_LAYERS = {
    *("Identity", "Dropout", "ReLU", "LeakyReLU", "ELU", "GELU", "SiLU", "Sigmoid", "Tanh", "Softmax", "LogSoftmax"),
    *("BatchNorm1d", "LayerNorm"),
}
_SAME = {
    *(
        "to",
        "cuda",
        "cpu",
        "float",
        "double",
        "half",
        "long",
        "int",
        "type",
        "type_as",
        "clone",
        "detach",
        "contiguous",
    ),
    *(
        "relu",
        "sigmoid",
        "tanh",
        "softmax",
        "log_softmax",
        "dropout",
        "requires_grad_",
        "Variable",
        "clamp",
        "exp",
        "log",
    ),
}
