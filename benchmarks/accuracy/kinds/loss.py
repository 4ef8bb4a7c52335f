"""Bugs in what a loss is given."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from benchmarks.accuracy.idioms import find, has, is_backward
from benchmarks.accuracy.models import modules
from benchmarks.accuracy.repository import Repository
from benchmarks.accuracy.script import FUNCTIONS, Script
from benchmarks.accuracy.seeding import Change, Kind
from benchmarks.accuracy.text import Edit

CLASSES = {
    "torch.nn.CrossEntropyLoss": "cross entropy",
    "torch.nn.BCEWithLogitsLoss": "bce with logits",
    "torch.nn.BCELoss": "bce",
    "torch.nn.NLLLoss": "nll",
    "torch.nn.KLDivLoss": "kl",
}
FUNCTIONALS = {
    "torch.nn.functional.cross_entropy": "cross entropy",
    "torch.nn.functional.binary_cross_entropy_with_logits": "bce with logits",
    "torch.nn.functional.binary_cross_entropy": "bce",
    "torch.nn.functional.nll_loss": "nll",
    "torch.nn.functional.kl_div": "kl",
}


def softmax_before_loss(script: Script, repository: Repository) -> Iterator[Change]:
    """`criterion(outputs, …)` becomes `criterion(outputs.softmax(dim=1), …)`, with a cross entropy.

    The loss is trained on, and the outputs are a name that the function sets to what a model gives.
    """
    for call in _losses(script, repository, "cross entropy"):
        outputs = call.args[0]
        if _is_output(script, repository, outputs):
            end = script.text.span(outputs)[1]
            yield Change(call, (Edit(end, end, b".softmax(dim=1)"),))


def softmax_in_model(script: Script, repository: Repository) -> Iterator[Change]:
    """The model's `forward` returns a softmax of what it returned, and a cross entropy gets it.

    `forward` has one `return`, and its class is the only thing that the model of a training loss may be.
    """
    yield from _in_model(script, repository, "cross entropy", b".softmax(dim=1)")


def sigmoid_before_loss(script: Script, repository: Repository) -> Iterator[Change]:
    """`criterion(outputs, …)` becomes `criterion(outputs.sigmoid(), …)`, with `BCEWithLogitsLoss`.

    The loss is trained on, and the outputs are a name that the function sets to what a model gives.
    """
    for call in _losses(script, repository, "bce with logits"):
        outputs = call.args[0]
        if _is_output(script, repository, outputs):
            end = script.text.span(outputs)[1]
            yield Change(call, (Edit(end, end, b".sigmoid()"),))


def sigmoid_in_model(script: Script, repository: Repository) -> Iterator[Change]:
    """The model's `forward` returns a sigmoid of what it returned, and `BCEWithLogitsLoss` gets it.

    `forward` has one `return`, and its class is the only thing that the model of a training loss may be.
    """
    yield from _in_model(script, repository, "bce with logits", b".sigmoid()")


def logits_to_bce(script: Script, repository: Repository) -> Iterator[Change]:
    """`BCEWithLogitsLoss` becomes `BCELoss`, or the function likewise.

    It has no `pos_weight`; what the loss is given stays the same: logits.
    """
    for call in script.calls():
        dotted, callee = script.dotted(call.func), call.func
        names = {"BCEWithLogitsLoss": b"BCELoss", "binary_cross_entropy_with_logits": b"binary_cross_entropy"}
        last = dotted.split(".")[-1]
        if {**CLASSES, **FUNCTIONALS}.get(dotted) != "bce with logits" or not isinstance(callee, ast.Attribute):
            continue
        if not any(k.arg in ("pos_weight", None) for k in call.keywords):
            end = script.text.span(callee)[1]
            yield Change(call, (Edit(end - len(last), end, names[last]),))


def log_softmax_dropped(script: Script, repository: Repository) -> Iterator[Change]:
    """The model's `forward` returns `x` instead of `log_softmax(x)`, and `nll_loss` gets it.

    `forward` has one `return`, of a log-softmax or of a name that it sets to one last; its class is the only thing that
    the model of a training loss may be.
    """
    for home, kind in _trained_models(script, repository, "nll"):
        returned = _only_return(home, kind)
        if isinstance(returned, ast.Name):
            bound = repository.bound(script, script.scope(returned), returned.id)
            returned = bound[-1] if bound else None
        match returned:
            case ast.Call(args=[inner, *_]) if _is_log_softmax(script, returned):
                yield Change(returned, script.text.replace(returned, script.text.of(inner)))


def loss_arguments_swapped(script: Script, repository: Repository) -> Iterator[Change]:
    """`criterion(outputs, targets)` becomes `criterion(targets, outputs)`.

    The loss is not symmetric (cross entropy, binary cross entropy, negative log likelihood), is trained on, and the
    outputs are a name that the function sets to what a model gives.
    """
    for kind in ("cross entropy", "bce with logits", "bce", "nll"):
        for call in _losses(script, repository, kind):
            if len(call.args) >= 2 and _is_output(script, repository, call.args[0]):
                outputs, targets = call.args[:2]
                if not _is_output(script, repository, targets):
                    first, second = script.text.span(outputs), script.text.span(targets)
                    edits = Edit(*first, script.text.of(targets)), Edit(*second, script.text.of(outputs))
                    yield Change(call, edits)


def kl_of_probabilities(script: Script, repository: Repository) -> Iterator[Change]:
    """`kl_div(log_softmax(x), …)` becomes `kl_div(softmax(x), …)`.

    The log-softmax stands in the call, as a function of torch.
    """
    for call in script.calls():
        if _kind(script, repository, call) != "kl" or not call.args:
            continue
        given = call.args[0]
        if isinstance(given, ast.Call) and isinstance(given.func, ast.Attribute) and _is_log_softmax(script, given):
            end = script.text.span(given.func)[1]
            yield Change(call, (Edit(end - len("log_softmax"), end, b"softmax"),))


def batch_mean_dropped(script: Script, repository: Repository) -> Iterator[Change]:
    """`reduction="batchmean"` is dropped from a KL divergence, which then averages over the classes as well."""
    for call in script.calls():
        if {**CLASSES, **FUNCTIONALS}.get(script.dotted(call.func)) != "kl":
            continue
        for keyword in call.keywords:
            if keyword.arg == "reduction" and ast.unparse(keyword.value) == "'batchmean'":
                yield Change(call, script.text.drop(call, keyword))


def _kind(script: Script, repository: Repository, call: ast.Call) -> str | None:
    """Return which loss a call computes."""
    functional = FUNCTIONALS.get(script.dotted(call.func))
    if functional is not None:
        return functional
    if isinstance(call.func, ast.Call):
        return CLASSES.get(script.dotted(call.func.func))
    if not isinstance(call.func, ast.Name | ast.Attribute):
        return None
    if not any(word in ast.unparse(call.func).lower() for word in ("loss", "crit", "bce", "entropy")):
        return None
    makers = repository.makers(script, call.func)
    kinds = {CLASSES.get(made.of) for made in makers or ()}
    return kinds.pop() if len(kinds) == 1 else None


def _losses(script: Script, repository: Repository, kind: str) -> Iterator[ast.Call]:
    """Yield the calls of a kind of loss with two arguments in functions of a file that also run backward."""
    yield from _training_losses(repository).get((script, kind), ())


@lru_cache(maxsize=1)
def _training_losses(repository: Repository) -> dict[tuple[Script, str], list[ast.Call]]:
    found: dict[tuple[Script, str], list[ast.Call]] = {}
    for script in repository.scripts:
        for call in script.calls():
            kind = _kind(script, repository, call) if len(call.args) >= 2 else None
            if kind is not None and has(list(script.scope(call).body), is_backward):
                found.setdefault((script, kind), []).append(call)
    return found


def _is_output(script: Script, repository: Repository, value: ast.expr) -> bool:
    return bool(_models(script, repository, value))


def _models(script: Script, repository: Repository, value: ast.expr) -> list[tuple[Script, ast.ClassDef] | None]:
    """Return the classes of the models whose output, or part of it, this surely is; `None`: one of torchvision's."""
    if isinstance(value, ast.Subscript):
        value = value.value
    if not isinstance(value, ast.Name):
        return []
    found: list[tuple[Script, ast.ClassDef] | None] = []
    for node in find(list(script.scope(value).body), lambda node: isinstance(node, ast.Assign)):
        assert isinstance(node, ast.Assign)
        if not any(isinstance(n, ast.Name) and n.id == value.id for target in node.targets for n in ast.walk(target)):
            continue
        if not isinstance(node.targets[0], ast.Name) or not isinstance(node.value, ast.Call):
            return []
        made = modules(repository, script, node.value.func)
        if not made:
            return []
        found += [each.kind for each in made]
    return found


def _trained_models(script: Script, repository: Repository, kind: str) -> list[tuple[Script, ast.ClassDef]]:
    """Return the classes of this file of which the outputs of a training loss of a kind surely come, alone."""
    found: list[tuple[Script, ast.ClassDef]] = []
    for home in repository.scripts:
        for call in _losses(home, repository, kind):
            models = {id(each[1]): each for each in _models(home, repository, call.args[0]) if each is not None}
            if len(models) == 1 and None not in _models(home, repository, call.args[0]):
                model = next(iter(models.values()))
                if model[0] is script and model not in found:
                    found.append(model)
    return found


def _in_model(script: Script, repository: Repository, kind: str, method: bytes) -> Iterator[Change]:
    for home, model in _trained_models(script, repository, kind):
        returned = _only_return(home, model)
        if isinstance(returned, ast.Name | ast.Call) and not _is_activation(script, returned):
            end = script.text.span(returned)[1]
            yield Change(returned, (Edit(end, end, method),))


def _only_return(script: Script, kind: ast.ClassDef) -> ast.expr | None:
    for each in kind.body:
        if isinstance(each, FUNCTIONS) and each.name == "forward":
            returns = [node for node in script.own(each) if isinstance(node, ast.Return)]
            return returns[0].value if len(returns) == 1 else None
    return None


def _is_log_softmax(script: Script, call: ast.Call) -> bool:
    return script.dotted(call.func) in ("torch.nn.functional.log_softmax", "torch.log_softmax")


def _is_activation(script: Script, value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and any(
        word in ast.unparse(value.func).lower() for word in ("softmax", "sigmoid", "tanh")
    )


KINDS = (
    Kind("softmax-before-loss", ("TL701",), softmax_before_loss),
    Kind("softmax-in-model", ("TL701",), softmax_in_model),
    Kind("sigmoid-before-loss", ("TL702",), sigmoid_before_loss),
    Kind("sigmoid-in-model", ("TL702",), sigmoid_in_model),
    Kind("logits-to-bce", ("TL703",), logits_to_bce),
    Kind("log-softmax-dropped", ("TL704",), log_softmax_dropped),
    Kind("loss-arguments-swapped", ("TL706",), loss_arguments_swapped),
    Kind("kl-of-probabilities", ("TL708",), kl_of_probabilities),
    Kind("batch-mean-dropped", ("TL708",), batch_mean_dropped),
)
