"""What a model is made of, as far as the source tells."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.finding import Place
from trainlint.frozen import dataclass
from trainlint.operations import Role
from trainlint.program.assignment import FROZEN, WHOLLY_FROZEN
from trainlint.program.reachable import modules_in
from trainlint.program.torch_api import BATCH_NORM_FACTORIES, BORN_IN_EVAL, MODEL_FACTORIES
from trainlint.program.values import ClassValue, Constant, Object, Unknown, Value

BATCH_NORMS = ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d")
DROPOUTS = ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout")

# Layers of torch that hold parameters which start at random.
LEARNS = frozenset(
    (
        *("Linear", "LazyLinear", "Bilinear", "Embedding", "EmbeddingBag", "MultiheadAttention"),
        *(f"{lazy}Conv{kind}{n}d" for lazy in ("", "Lazy") for kind in ("", "Transpose") for n in (1, 2, 3)),
        *(f"{kind}{cell}" for kind in ("RNN", "LSTM", "GRU") for cell in ("", "Cell")),
        *(f"Transformer{part}" for part in ("", "Encoder", "EncoderLayer", "Decoder", "DecoderLayer")),
    )
)


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer as the source makes it: its class of torch (`Conv2d`), and the place of the call that makes it."""

    kind: str
    place: Place
    module: Object

    def argument(self, position: int, name: str) -> Value | None:
        """Return an argument of the constructor; `None` where it is left at its default for sure."""
        return self.module.arguments.get(position, name)


def layer_of(module: Value) -> Layer | None:
    """Return what is known of a layer of torch; `None` for anything else."""
    if not isinstance(module, Object) or not isinstance(module.origin, str) or module.place is None:
        return None
    home, _, kind = module.origin.rpartition(".")
    return Layer(kind, module.place, module) if home.startswith("torch.nn") else None


def layers_of(model: Value) -> Iterator[Layer]:
    """Yield the layers of torch that a model holds, as far as they are known."""
    for module in modules_in(model):
        layer = layer_of(module)
        if layer is not None:
            yield layer


def acts_by_mode(model: Value, asks_for_mode: frozenset[int]) -> list[Layer]:
    """Return the layers that act otherwise in training than in eval mode.

    `asks_for_mode` has the `id` of the program's own classes that look at `self.training`.
    """
    found = [layer for layer in layers_of(model) if _keeps_statistics(layer) or _drops(layer)]
    for module in modules_in(model):
        if not isinstance(module, Object) or module.place is None:
            continue
        if isinstance(module.origin, ClassValue):
            if any(id(cls.facts) in asks_for_mode for cls in module.origin.lineage()):
                found.append(Layer(module.origin.facts.name, module.place, module))
        elif MODEL_FACTORIES.match(module.origin) or BORN_IN_EVAL.match(module.origin):  # with batch norm or dropout
            found.append(Layer(module.origin.rpartition(".")[2], module.place, module))
    return found


def batch_norms_of(model: Value) -> list[Layer]:
    """Return the batch-norm layers that normalise over the samples of one device."""
    if isinstance(model, Object) and "__sync_batchnorm__" in model.members:
        return []
    return [layer for layer in layers_of(model) if layer.kind in BATCH_NORMS]


def ready_made_with_batch_norm(model: Value) -> Layer | None:
    """Return a ready-made model of torchvision that has batch norm, as a layer; `None` for anything else."""
    if not isinstance(model, Object) or not isinstance(model.origin, str) or model.place is None:
        return None
    if "__sync_batchnorm__" in model.members or not BATCH_NORM_FACTORIES.match(model.origin):
        return None
    return Layer(model.origin.rpartition(".")[2], model.place, model)


def frozen_with_batch_norm(model: Value, at: int) -> list[tuple[Object, Layer]]:
    """Return the parts of a model whose parameters are frozen, all of them and for good, each with a batch norm in it.

    They are frozen before the moment `at`, by its number. A part may be the model itself, where another layer was put
    in after it was frozen.
    """
    found = []
    for part in modules_in(model):
        frozen = part.members.get(WHOLLY_FROZEN) if isinstance(part, Object) else None
        if not isinstance(part, Object) or not isinstance(frozen, Constant) or not isinstance(frozen.value, int):
            continue
        if frozen.value > at:
            continue
        later = any(isinstance(m, Object) and m.ident > frozen.value for m in part.members.values())
        if part is model and not later:
            continue
        layers = [layer for layer in layers_of(part) if _keeps_statistics(layer) and layer.module.ident < frozen.value]
        layer = layers[0] if layers else ready_made_with_batch_norm(part)
        if layer is not None:
            found.append((part, layer))
    return found


def path_to(part: Object, model: Value) -> str | None:
    """Return how a part is reached from its model, as `.backbone` or `[0]`; `None` where that is not known."""
    paths: dict[int, str] = {id(model): ""}
    pending: list[Value] = [model]
    while pending:
        current = pending.pop(0)
        if current is part:
            return paths[id(part)]
        held = current.members if isinstance(current, Object) and current.role is Role.MODEL else {}
        for name, member in held.items():
            if isinstance(member, Object) and id(member) not in paths:
                paths[id(member)] = paths[id(current)] + (f"[{name[1:-1]}]" if name.startswith("(") else f".{name}")
                pending.append(member)
    return None


def _keeps_statistics(layer: Layer) -> bool:
    if layer.kind not in BATCH_NORMS:
        return False
    if layer.argument(2, "momentum") == Constant(None):  # a cumulative average: the statistics are being estimated
        return False
    return is_true(layer.argument(4, "track_running_stats"), default=True) is True


def _drops(layer: Layer) -> bool:
    if layer.kind in _RECURRENT:  # between its layers: none at the last one
        rate, depth = layer.argument(5, "dropout"), layer.argument(2, "num_layers")
        return rate is not None and rate != Constant(0) and rate != Constant(0.0) and depth not in (None, Constant(1))
    if layer.kind in DROPOUTS:
        rate = layer.argument(0, "p")
    elif layer.kind in _DROP_INSIDE:
        rate = layer.argument(_DROP_INSIDE[layer.kind], "dropout")
    else:
        return False
    return not (isinstance(rate, Constant) and rate.value == 0)


_RECURRENT = ("LSTM", "GRU", "RNN")
# Position of `dropout`, which is 0.1 unless said otherwise, in the constructors of torch.nn.
_DROP_INSIDE = {"TransformerEncoderLayer": 3, "TransformerDecoderLayer": 3, "Transformer": 5}


def is_true(value: Value | None, default: bool) -> bool | None:
    """Return the truth of an argument: its default where it is not given, `None` where it is not known."""
    if value is None:
        return default
    return bool(value.value) if isinstance(value, Constant) else None


def are_constant(*values: Value) -> bool:
    """Tell whether all of these are written in the source."""
    return all(isinstance(value, Constant) for value in values)


def has_frozen_parameters(model: Value) -> bool:
    """Tell whether some parameters of the model may not record gradients."""
    return any(isinstance(module, (Object, Unknown)) and FROZEN in module.members for module in modules_in(model))
