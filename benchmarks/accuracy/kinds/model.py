"""Bugs in how a model is put together."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from benchmarks.accuracy.idioms import assigned, statements
from benchmarks.accuracy.models import BATCH_NORMS, WITH_PARAMETERS, drops, is_module
from benchmarks.accuracy.repository import Repository
from benchmarks.accuracy.script import FUNCTIONS, Function, Script
from benchmarks.accuracy.seeding import Change, Kind


def training_argument_dropped(script: Script, repository: Repository) -> Iterator[Change]:
    """`F.dropout(x, p, training=self.training)` loses its last argument.

    The rate is above 0: a number, the default, or a name all of whose defaults in the repository are.
    """
    for call in script.calls():
        if script.dotted(call.func) != "torch.nn.functional.dropout" or not drops(repository, call, 1):
            continue
        arguments: list[ast.expr | ast.keyword] = [*call.args[2:3], *call.keywords]
        for argument in arguments:
            if isinstance(argument, ast.keyword):
                given = argument.arg == "training" and ast.unparse(argument.value) == "self.training"
            else:
                given = len(call.args) == 3 and ast.unparse(argument) == "self.training"
            if given:
                yield Change(call, script.text.drop(call, argument))


def layer_built_in_forward(script: Script, repository: Repository) -> Iterator[Change]:
    """`self.layer(x)` in `forward` becomes `nn.Linear(8, 2)(x)`: the layer is built there, each time.

    `__init__` sets the attribute once, to a layer with parameters whose arguments are all written out.
    """
    for _, init, forward in _modules(script, repository):
        made = [pair for node in script.own(init) if (pair := assigned(node))]
        for name, value in made:
            if not isinstance(value, ast.Call) or sum(each == name for each, _ in made) > 1:
                continue
            kind = script.dotted(value.func)
            given = [*value.args, *(keyword.value for keyword in value.keywords)]
            literal = all(isinstance(each, ast.Constant) for each in given)
            if kind.startswith("torch.nn.") and kind.split(".")[-1] in WITH_PARAMETERS and literal:
                for call in script.calls(forward):
                    if name.startswith("self.") and ast.unparse(call.func) == name:
                        yield Change(call, script.text.replace(call.func, script.text.of(value)))


def module_list_dropped(script: Script, repository: Repository) -> Iterator[Change]:
    """`self.layers = nn.ModuleList([…])` becomes a plain list.

    Its items have parameters for sure: torch's layers, or modules of the repository. The class does nothing else with
    the attribute in `__init__` than append to it.
    """
    for _, init, _ in _modules(script, repository):
        for node in script.own(init):
            pair = assigned(node)
            if pair is None or not pair[0].startswith("self.") or not isinstance(pair[1], ast.Call):
                continue
            name, call = pair[0], pair[1]
            if script.dotted(call.func) != "torch.nn.ModuleList" or len(call.args) > 1 or call.keywords:
                continue
            items = [call.args[0]] if call.args else []
            uses = [n for n in script.own(init) if isinstance(n, ast.Attribute) and ast.unparse(n) == name]
            appended = [n for n in script.calls(init) if ast.unparse(n.func) == f"{name}.append" and len(n.args) == 1]
            listed = items and isinstance(items[0], ast.List | ast.ListComp)
            if len(uses) != 1 + len(appended) or not (listed or appended) or (items and not listed):
                continue
            elements = _elements(items[0]) if listed else [n.args[0] for n in appended]
            if elements and all(_has_parameters(script, repository, each) for each in elements):
                yield Change(call, script.text.replace(call, script.text.of(items[0]) if items else b"[]"))


def requires_grad_misspelt(script: Script, repository: Repository) -> Iterator[Change]:
    """`parameter.requires_grad = False` becomes `parameter.require_grad = False`.

    It stands in a loop over `parameters()` or `named_parameters()`.
    """
    for statement in statements(script):
        match statement:
            case ast.Assign(targets=[ast.Attribute(attr="requires_grad") as target], value=ast.Constant(value=False)):
                over = [loop.iter for loop in script.loops(statement) if isinstance(loop, ast.For)]
                if any("parameters()" in ast.unparse(each) for each in over):
                    new = script.text.of(target.value) + b".require_grad"
                    yield Change(statement, script.text.replace(target, new))


def moved_tensor_discarded(script: Script, repository: Repository) -> Iterator[Change]:
    """`inputs = inputs.to(device)` becomes `inputs.to(device)`, whose result nothing takes.

    The name is the target of the loop around it, whose turns call something with it.
    """
    for statement in statements(script):
        pair = assigned(statement)
        if pair is None or not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
            continue
        match pair[1]:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="to" | "cuda")) if name == pair[0]:
                loop = next(iter(script.loops(statement)), None)
                if isinstance(loop, ast.For) and "oader" in ast.unparse(loop.iter) and name in ast.unparse(loop.target):
                    yield Change(statement, script.text.replace(statement, script.text.of(pair[1])))


def bias_before_batch_norm(script: Script, repository: Repository) -> Iterator[Change]:
    """`bias=False` is dropped from a layer that feeds a batch norm.

    The two are neighbours in a `Sequential` or a list, or attributes of which `forward` applies the one to the result
    of the other, which it uses once.
    """
    for call in script.calls():
        bias = next((k for k in call.keywords if k.arg == "bias"), None)
        if bias is None or not isinstance(bias.value, ast.Constant) or bias.value.value is not False:
            continue
        if script.dotted(call.func) in BIASED and (_precedes_norm(script, call) or _feeds_norm(script, call)):
            yield Change(call, script.text.drop(call, bias))


BIASED = frozenset(f"torch.nn.{name}" for name in ("Linear", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose2d"))


def _is_norm(script: Script, node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and script.dotted(node.func).removeprefix("torch.nn.") in BATCH_NORMS


def _precedes_norm(script: Script, call: ast.Call) -> bool:
    parent = script.parent(call)
    match parent:
        case ast.Call(args=items) if script.dotted(parent.func) == "torch.nn.Sequential":
            pass
        case ast.List(elts=items):
            pass
        case _:
            return False
    at = items.index(call)
    return at + 1 < len(items) and _is_norm(script, items[at + 1])


def _feeds_norm(script: Script, call: ast.Call) -> bool:
    statement, init, owner = script.statement(call), script.function(call), script.owner(call)
    pair = assigned(statement)
    if pair is None or pair[1] is not call or init is None or init.name != "__init__" or owner is None:
        return False
    forward = next((f for f in owner.body if isinstance(f, FUNCTIONS) and f.name == "forward"), None)
    norms = {p[0] for node in script.own(init) if (p := assigned(node)) and _is_norm(script, p[1])}
    mentioned = [node for node in ast.walk(owner) if isinstance(node, ast.Attribute) and ast.unparse(node) == pair[0]]
    if forward is None or len(mentioned) != 2:
        return False
    return any(
        ast.unparse(outer.func) in norms
        and len(outer.args) == 1
        and isinstance(outer.args[0], ast.Call)
        and ast.unparse(outer.args[0].func) == pair[0]
        for outer in script.calls(forward)
    )


def _modules(script: Script, repository: Repository) -> Iterator[tuple[ast.ClassDef, Function, Function]]:
    """Yield the module classes of a file that have both methods, with these."""
    for kind in ast.walk(script.tree):
        if isinstance(kind, ast.ClassDef) and is_module(repository, script, kind):
            methods = {each.name: each for each in kind.body if isinstance(each, FUNCTIONS)}
            if "__init__" in methods and "forward" in methods:
                yield kind, methods["__init__"], methods["forward"]


def _elements(value: ast.expr) -> list[ast.expr]:
    return [value.elt] if isinstance(value, ast.ListComp) else value.elts if isinstance(value, ast.List) else []


def _has_parameters(script: Script, repository: Repository, value: ast.expr) -> bool:
    if not isinstance(value, ast.Call):
        return False
    dotted = script.dotted(value.func)
    if dotted.startswith("torch.nn."):
        last = dotted.split(".")[-1]
        inner = last == "Sequential" and any(_has_parameters(script, repository, each) for each in value.args)
        return last in WITH_PARAMETERS or inner
    own = repository.classes.get(dotted.split(".")[-1], [])
    return bool(own) and all(
        is_module(repository, home, kind)
        and any(
            home.dotted(c.func).split(".")[-1] in WITH_PARAMETERS for c in ast.walk(kind) if isinstance(c, ast.Call)
        )
        for home, kind in own
    )


KINDS = (
    Kind("training-argument-dropped", ("TL106",), training_argument_dropped),
    Kind("layer-built-in-forward", ("TL107",), layer_built_in_forward),
    Kind("module-list-dropped", ("TL108",), module_list_dropped),
    Kind("requires-grad-misspelt", ("TL112",), requires_grad_misspelt),
    Kind("moved-tensor-discarded", ("TL114",), moved_tensor_discarded),
    Kind("bias-before-batch-norm", ("TL201",), bias_before_batch_norm),
)
