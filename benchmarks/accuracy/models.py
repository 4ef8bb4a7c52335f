"""What the repository's own sources say about its models."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from benchmarks.accuracy.repository import Made, Repository
from benchmarks.accuracy.script import FUNCTIONS, Function, Script

BATCH_NORMS = frozenset({"BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"})
DROPOUTS = frozenset({"Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout"})
WITH_PARAMETERS = frozenset(
    {"Linear", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "Embedding", "LSTM", "GRU", "RNN"}
    | {"LSTMCell", "GRUCell", "LayerNorm", "MultiheadAttention", "TransformerEncoderLayer"}
    | BATCH_NORMS
)
MODULE_BASES = frozenset({"torch.nn.Module", "nn.Module", "torch.nn.Sequential", "torch.nn.modules.Module"})


def is_module(repository: Repository, script: Script, kind: ast.ClassDef, depth: int = 4) -> bool:
    """Tell whether the class derives from `nn.Module`."""
    for base in kind.bases:
        dotted = script.dotted(base)
        if dotted in MODULE_BASES:
            return True
        own = repository.classes.get(dotted.split(".")[-1], [])
        if depth and own and all(is_module(repository, home, each, depth - 1) for home, each in own):
            return True
    return False


def modules(repository: Repository, script: Script, value: ast.expr) -> list[Made] | None:
    """Return where the model that a value surely is may be made: classes of the repository, torchvision's models."""
    makers = repository.makers(script, value)
    if not makers:
        return None
    for made in makers:
        if made.kind is None and not _is_torchvision(made.of):
            return None
        if made.kind is not None and not is_module(repository, *made.kind):
            return None
    return makers


def acts_by_mode(repository: Repository, script: Script, value: ast.expr) -> bool:
    """Tell whether the value surely is a model with batch norm, or with dropout that drops something."""
    makers = modules(repository, script, value)
    return bool(makers) and all(_acts(repository, made) for made in makers or ())


def _acts(repository: Repository, made: Made) -> bool:
    if made.kind is None:
        return _is_torchvision(made.of)
    return any(True for _ in mode_layers(repository, *made.kind))


def mode_layers(repository: Repository, script: Script, kind: ast.ClassDef, depth: int = 4) -> Iterator[ast.Call]:
    """Yield the layers that act by mode and that every instance of a class surely has, also in its parts.

    What is made under a condition does not count, nor does a dropout whose rate may be 0.
    """
    for function in kind.body:
        if not isinstance(function, FUNCTIONS) or function.name != "__init__":
            continue
        for call in script.calls(function):
            if _is_conditional(script, call, function):
                continue
            last = script.dotted(call.func).split(".")[-1]
            if last in BATCH_NORMS or (last in DROPOUTS and drops(repository, call)):
                yield call
            own = repository.classes.get(last, [])
            if depth and own and all(any(True for _ in mode_layers(repository, *each, depth - 1)) for each in own):
                yield call
            factories = repository.callees(script, call) if isinstance(call.func, ast.Name) else []
            if factories and all(any(_surely_makes(repository, *factory)) for factory in factories):
                yield call
    for function in kind.body:  # functional dropout
        if isinstance(function, FUNCTIONS) and function.name == "forward":
            for call in script.calls(function):
                if script.dotted(call.func) == "torch.nn.functional.dropout" and drops(repository, call, 1):
                    yield call


def _surely_makes(repository: Repository, script: Script, function: Function) -> Iterator[bool]:
    """Yield for each layer with a mode that a function makes, whatever its arguments."""
    for call in script.calls(function):
        last = script.dotted(call.func).split(".")[-1]
        wanted = last in BATCH_NORMS or (last in DROPOUTS and drops(repository, call))
        if wanted and not _is_conditional(script, call, function):
            yield True


def drops(repository: Repository, call: ast.Call, position: int = 0) -> bool:
    """Tell whether a dropout surely drops: its rate is the default, or above 0, as a number or as a name's defaults."""
    rate = next((k.value for k in call.keywords if k.arg == "p"), None)
    if rate is None and len(call.args) > position:
        rate = call.args[position]
    if any(k.arg is None for k in call.keywords) or any(isinstance(a, ast.Starred) for a in call.args):
        return False
    if rate is None:
        return True
    match rate:
        case ast.Constant(value=float() | int() as number):
            return number > 0
        case ast.Name(id=name) | ast.Attribute(attr=name):
            numbers = repository.defaults.get(name, [])
            return bool(numbers) and all(number > 0 for number in numbers)
    return False


def _is_conditional(script: Script, node: ast.AST, within: ast.AST) -> bool:
    for outer in script.ancestors(node):
        if outer is within:
            return False
        if isinstance(outer, ast.If | ast.IfExp | ast.Try | ast.While | ast.BoolOp):
            return True
    return True


def _is_torchvision(dotted: str) -> bool:
    """Tell whether this makes one of torchvision's classification models, all of which have batch norm or dropout."""
    return dotted.startswith("torchvision.models.") and dotted.count(".") <= 3 and dotted.rsplit(".", 1)[-1].islower()
