"""Bugs in which parameters an optimizer holds, and when it is made."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from benchmarks.accuracy.hoisting import into_loop
from benchmarks.accuracy.idioms import assigned, has, mentions, names_in, statements, steps
from benchmarks.accuracy.models import modules
from benchmarks.accuracy.repository import Repository
from benchmarks.accuracy.script import Script
from benchmarks.accuracy.seeding import Change, Kind
from benchmarks.accuracy.text import Edit

ADAPTIVE = frozenset({"Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam"})

COUNTED = ("epoch", "step", "iter", "batch")


def adamw_to_adam(script: Script, repository: Repository) -> Iterator[Change]:
    """`AdamW` becomes `Adam`, with its weight decay.

    The decay is a number above 0, or a name all of whose defaults in the repository are.
    """
    for call in script.calls():
        if script.dotted(call.func) != "torch.optim.AdamW" or not isinstance(call.func, ast.Attribute):
            continue
        decay = next((k.value for k in call.keywords if k.arg == "weight_decay"), None)
        match decay:
            case ast.Constant(value=float() | int() as number):
                numbers = [float(number)]
            case ast.Name(id=name) | ast.Attribute(attr=name):
                numbers = repository.defaults.get(name, [])
            case _:
                continue
        if numbers and all(number > 0 for number in numbers):
            end = script.text.span(call.func)[1]
            yield Change(call, (Edit(end - len("AdamW"), end, b"Adam"),))


def surgery_after_optimizer(script: Script, repository: Repository) -> Iterator[Change]:
    """`model.fc = nn.Linear(…)` is moved behind the making of the optimizer that takes the model's parameters.

    Both are statements of one block, and nothing in between uses the model but to move or wrap it.
    """
    for statement in statements(script):
        match statement:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=model)) as target], value=ast.Call() as value):
                pass
            case _:
                continue
        layer = (
            script.dotted(value.func).startswith("torch.nn.") and script.dotted(value.func).split(".")[-1][:1].isupper()
        )
        if not layer or model == "self":
            continue
        block = script.block(statement)
        for later in block[block.index(statement) + 1 :]:
            pair = assigned(later)
            if pair is not None and _takes_parameters(script, pair[1], model):
                yield Change(statement, script.text.move(statement, block, after=later))
                break
            if mentions([later], ast.unparse(target)) or has(later, lambda node: isinstance(node, ast.For)):
                break
            if pair is not None and pair[0] in names_in(value):
                break


def parameters_left_out(script: Script, repository: Repository) -> Iterator[Change]:
    """The optimizer gets `list(a.parameters())` instead of `list(a.parameters()) + list(b.parameters())`.

    Both models are known as modules, by the repository's own sources.
    """
    for call in script.calls():
        if not _is_optimizer(script, call) or not call.args:
            continue
        match call.args[0]:
            case ast.BinOp(left=left, op=ast.Add(), right=right) as both:
                model = _listed_parameters(right)
                if model is not None and _listed_parameters(left) is not None and modules(repository, script, model):
                    yield Change(call, script.text.replace(both, script.text.of(left)))


def optimizer_in_loop(script: Script, repository: Repository) -> Iterator[Change]:
    """The making of the optimizer is moved into the loop that steps it.

    It stands before the loop in the same block, nothing in between uses it, and it has a state: it is adaptive, or has
    momentum. The loop counts epochs, steps or iterations by its own word, not the tasks of a meta-learner, say.
    """

    def makes(call: ast.Call) -> bool:
        kind = script.dotted(call.func).split(".")[-1]
        momentum = any(k.arg == "momentum" for k in call.keywords)
        return _is_optimizer(script, call) and (kind in ADAPTIVE or momentum)

    for change, loop in into_loop(script, repository, makes):
        if isinstance(loop, ast.For) and any(word in ast.unparse(loop.target).lower() for word in COUNTED):
            yield change


def optimizer_wrong_model(script: Script, repository: Repository) -> Iterator[Change]:
    """An optimizer gets the parameters of another model, which has its own optimizer: a line was copied.

    Two optimizers are made in one block from `a.parameters()` and `b.parameters()`, of which `b` is no part of `a`
    and made before, and both are stepped in the file.
    """
    made: list[tuple[ast.stmt, str, ast.expr]] = []
    for statement in statements(script):
        pair = assigned(statement)
        if pair is not None and isinstance(pair[1], ast.Call) and _is_optimizer(script, pair[1]):
            model = _parameters(pair[1].args[0]) if pair[1].args else None
            if model is not None and isinstance(statement, ast.Assign):
                made.append((statement, pair[0], model))
    for second, name, model in made:
        for first, other_name, other in made:
            distinct = ast.unparse(model) != ast.unparse(other) and name != other_name
            if first is second or not distinct or first not in script.block(second):
                continue
            if _is_made_later(script, second, ast.unparse(other)):
                continue
            everything = [script.tree]
            if not all(
                any(steps(each)(node) for tree in everything for node in ast.walk(tree)) for each in (name, other_name)
            ):
                continue
            if modules(repository, script, model) and modules(repository, script, other):
                yield Change(second, script.text.replace(model, script.text.of(other)))
                break


def _is_made_later(script: Script, statement: ast.stmt, model: str) -> bool:
    """Tell whether the block of a statement sets a model only behind it."""
    block = script.block(statement)
    made = [each for each in block if (pair := assigned(each)) is not None and pair[0] == model]
    return bool(made) and block.index(made[0]) > block.index(statement)


def _is_optimizer(script: Script, call: ast.Call) -> bool:
    dotted = script.dotted(call.func)
    return dotted.startswith("torch.optim.") and dotted.count(".") == 2 and dotted.split(".")[-1][:1].isupper()


def _takes_parameters(script: Script, value: ast.expr, model: str) -> bool:
    if not isinstance(value, ast.Call) or not _is_optimizer(script, value) or not value.args:
        return False
    of = _parameters(value.args[0])
    return of is not None and ast.unparse(of) == model


def _parameters(value: ast.expr) -> ast.expr | None:
    """Return the model of `model.parameters()`."""
    match value:
        case ast.Call(func=ast.Attribute(value=model, attr="parameters"), args=[], keywords=[]):
            return model
    return None


def _listed_parameters(value: ast.expr) -> ast.expr | None:
    match value:
        case ast.Call(func=ast.Name(id="list"), args=[inner]):
            return _parameters(inner)
    return None


KINDS = (
    Kind("adamw-to-adam", ("TL601",), adamw_to_adam),
    Kind("surgery-after-optimizer", ("TL602",), surgery_after_optimizer),
    Kind("parameters-left-out", ("TL603",), parameters_left_out),
    Kind("optimizer-in-loop", ("TL607",), optimizer_in_loop),
    Kind("optimizer-wrong-model", ("TL610", "TL603"), optimizer_wrong_model),
)
