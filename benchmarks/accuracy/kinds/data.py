"""Bugs in which data are given, and in which order."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from benchmarks.accuracy.idioms import assigned, has, method, method_calls, runs_without_grad
from benchmarks.accuracy.loops import Use, evaluated_on, loader_calls, trained_on, uses
from benchmarks.accuracy.repository import Repository
from benchmarks.accuracy.script import Script
from benchmarks.accuracy.seeding import Change, Kind
from benchmarks.accuracy.text import Edit


def shuffle_dropped(script: Script, repository: Repository) -> Iterator[Change]:
    """`shuffle=True` is dropped from the training loader.

    Every loop over the loader runs backward, and its data set is not a class of the repository that only iterates.
    """
    for call in loader_calls(script):
        shuffle = _keyword(call, "shuffle")
        if shuffle is None or not _is(shuffle.value, True) or not trained_on(repository, call):
            continue
        makers = repository.makers(script, call.args[0]) if call.args else None
        iterates = [made.kind for made in makers or () if made.kind and not _has_items(made.kind[1])]
        if not iterates:
            yield Change(call, script.text.drop(call, shuffle))


def set_epoch_deleted(script: Script, repository: Repository) -> Iterator[Change]:
    """`sampler.set_epoch(epoch)` is deleted.

    It is the file's only such call, in a loop, on a sampler or on the `sampler` of a loader; if what made it can be
    told, that is a `DistributedSampler` that shuffles. No switch that the file itself sets to `False` turns it off.
    """
    calls = [
        (statement, text)
        for statement, text in method_calls(script, "set_epoch", 1)
        if "sampler" in text.split(".")[-1].lower()
    ]
    if len(calls) != 1:
        return
    statement, text = calls[0]
    assert isinstance(statement.value, ast.Call)
    assert isinstance(statement.value.func, ast.Attribute)
    makers = repository.makers(script, statement.value.func.value)
    shuffles = all(
        made.of.endswith("DistributedSampler")
        and not any(k.arg is None or (k.arg == "shuffle" and _is(k.value, False)) for k in made.call.keywords)
        for made in makers or ()
    )
    held_out = any(word in text.lower() for word in ("val", "test", "eval"))
    if shuffles and script.loops(statement) and not held_out and not _is_switched_off(script, statement):
        yield Change(statement, script.text.delete(statement, script.block(statement)))


def last_batch_dropped_in_evaluation(script: Script, repository: Repository) -> Iterator[Change]:
    """The evaluation loader gets `drop_last=True`.

    No loop over it runs backward, and one is under `no_grad` or in a function that calls `eval`. It drops nothing so
    far, and makes its batches itself, of more than one sample, and not of a number that divides the data set.
    """
    for call in loader_calls(script):
        drop_last, given = _keyword(call, "drop_last"), {k.arg for k in call.keywords}
        size = _keyword(call, "batch_size")
        if "batch_sampler" in given or size is None or ast.unparse(size.value) == "1":
            continue
        if _comes_out_even(script, repository, call, size.value):
            continue
        if not evaluated_on(repository, call) or not any(map(_evaluates, uses(repository)[call])):
            continue
        if drop_last is None and len(call.args) < 7:
            end = script.text.span(max(call.keywords, key=lambda k: (k.lineno, k.col_offset)))[1]
            yield Change(call, (Edit(end, end, b", drop_last=True"),))
        elif drop_last is not None and _is(drop_last.value, False):
            yield Change(call, script.text.replace(drop_last.value, "True"))


def augmentation_in_evaluation(script: Script, repository: Repository) -> Iterator[Change]:
    """The test data get the training transform.

    Two names are set to a `Compose` in the file, one with a `Random…` transform and one without, and the data set
    that gets the one without says that it is not for training: by `train=False`, or by the name that it is bound to.
    """
    random: list[str] = []
    plain: list[str] = []
    for node in ast.walk(script.tree):
        pair = assigned(node)
        if pair is not None and isinstance(pair[1], ast.Call) and script.dotted(pair[1].func).endswith("Compose"):
            augments = any(
                isinstance(each, ast.Call) and script.dotted(each.func).split(".")[-1].startswith("Random")
                for each in ast.walk(pair[1])
            )
            (random if augments else plain).append(pair[0])
    if len(random) != 1 or len(plain) != 1 or "." in random[0] + plain[0]:
        return
    for call in script.calls():
        for given in [*call.args, *(k.value for k in call.keywords)]:
            if isinstance(given, ast.Name) and given.id == plain[0] and _is_held_out(script, call):
                yield Change(given, script.text.replace(given, random[0]))


def evaluated_on_training_data(script: Script, repository: Repository) -> Iterator[Change]:
    """The validation is given the training loader.

    Both loaders are names of one function; the one is only trained on, the other never, and is replaced where it is
    an argument or what a loop goes over.
    """
    made = {call: statement for statement in ast.walk(script.tree) for call in _loaders_of(statement)}
    for call, statement in made.items():
        if not isinstance(statement, ast.Assign) or not trained_on(repository, call):
            continue
        for other, second in made.items():
            same = script.scope(statement) is script.scope(second)
            if not same or not isinstance(second, ast.Assign) or not evaluated_on(repository, other):
                continue
            training, evaluation = assigned(statement), assigned(second)
            if training is None or evaluation is None or training[0] == evaluation[0]:
                continue
            over = uses(repository)[other]
            for node in script.own(script.scope(second)):
                if not isinstance(node, ast.Name) or node.id != evaluation[0] or not isinstance(node.ctx, ast.Load):
                    continue
                if any(_goes_over(script, repository, node, use.loop) for use in over):
                    yield Change(node, script.text.replace(node, training[0]))


def training_set_in_evaluation(script: Script, repository: Repository) -> Iterator[Change]:
    """The loader for evaluation is given the training set.

    Both loaders are made in one function from names or attributes, of which only the one for evaluation says `val`,
    `test` or the like; the one is only trained on, the other never.
    """
    calls = list(loader_calls(script))
    for training in calls:
        for evaluation in calls:
            together = script.scope(training) is script.scope(evaluation) and training.args and evaluation.args
            if not together or not trained_on(repository, training) or not evaluated_on(repository, evaluation):
                continue
            trains, evaluates = ast.unparse(training.args[0]), ast.unparse(evaluation.args[0])
            named = isinstance(training.args[0], ast.Name | ast.Attribute) and _sounds_held_out(evaluates)
            if named and trains != evaluates and not _sounds_held_out(trains):
                yield Change(evaluation, script.text.replace(evaluation.args[0], script.text.of(training.args[0])))


def _sounds_held_out(name: str) -> bool:
    return any(word in name.rsplit(".", maxsplit=1)[-1].lower() for word in ("val", "test", "dev", "eval"))


def _evaluates(use: Use) -> bool:
    scope = use.script.scope(use.loop)
    return runs_without_grad(use.script, use.loop.body[0]) or has(
        list(scope.body), lambda node: isinstance(node, ast.Call) and method(node, "eval", 0) is not None
    )


def _is_switched_off(script: Script, statement: ast.stmt) -> bool:
    """Tell whether a statement stands under `if name:` and all that the file sets the name to is `False`."""
    for outer in script.ancestors(statement):
        if isinstance(outer, ast.If) and isinstance(outer.test, ast.Name):
            pairs = (assigned(node) for node in ast.walk(script.tree))
            values = [pair[1] for pair in pairs if pair is not None and pair[0] == outer.test.id]
            if values and all(_is(value, False) for value in values):
                return True
    return False


# https://docs.pytorch.org/vision/stable/datasets.html: images for test.
TEST_IMAGES = {"MNIST": 10_000, "FashionMNIST": 10_000, "KMNIST": 10_000, "CIFAR10": 10_000, "CIFAR100": 10_000}


def _comes_out_even(script: Script, repository: Repository, loader: ast.Call, size: ast.expr) -> bool:
    """Tell whether the batches of a test set of known length are all full."""
    dataset = loader.args[0] if loader.args else next((k.value for k in loader.keywords if k.arg == "dataset"), None)
    makers = None if dataset is None else repository.makers(script, dataset)
    lengths = {TEST_IMAGES.get(made.of.split(".")[-1]) for made in makers or ()}
    if isinstance(size, ast.Name):
        pairs = (assigned(node) for node in ast.walk(script.tree))
        values = [pair[1] for pair in pairs if pair is not None and pair[0] == size.id]
        size = values[0] if len(values) == 1 else size
    samples = size.value if isinstance(size, ast.Constant) else None
    return isinstance(samples, int) and any(length is not None and length % samples == 0 for length in lengths)


def _goes_over(script: Script, repository: Repository, name: ast.Name, loop: ast.AST) -> bool:
    """Tell whether a loop goes over the name, perhaps by `tqdm`, or stands in a function that gets it."""
    assert isinstance(loop, ast.For | ast.AsyncFor)
    iterated = loop.iter
    while isinstance(iterated, ast.Call) and iterated.args:
        iterated = iterated.args[0]
    if iterated is name:
        return True
    outer = script.parent(name)
    call = script.parent(outer) if isinstance(outer, ast.keyword) else outer
    return isinstance(call, ast.Call) and any(
        any(node is loop for node in home.own(function)) for home, function in repository.callees(script, call)
    )


def _loaders_of(statement: ast.AST) -> Iterator[ast.Call]:
    pair = assigned(statement)
    if pair is not None and isinstance(pair[1], ast.Call):
        yield pair[1]


def _is_held_out(script: Script, call: ast.Call) -> bool:
    if any(k.arg == "train" and _is(k.value, False) for k in call.keywords):
        return True
    pair = assigned(script.statement(call))
    return pair is not None and _sounds_held_out(pair[0])


def _has_items(kind: ast.ClassDef) -> bool:
    return any(isinstance(each, ast.FunctionDef) and each.name == "__getitem__" for each in kind.body)


def _keyword(call: ast.Call, name: str) -> ast.keyword | None:
    return next((k for k in call.keywords if k.arg == name), None)


def _is(value: ast.expr, constant: bool) -> bool:
    return isinstance(value, ast.Constant) and value.value is constant


KINDS = (
    Kind("shuffle-dropped", ("TL801",), shuffle_dropped),
    Kind("set-epoch-deleted", ("TL802",), set_epoch_deleted),
    Kind("last-batch-dropped-in-evaluation", ("TL803",), last_batch_dropped_in_evaluation),
    Kind("augmentation-in-evaluation", ("TL804",), augmentation_in_evaluation),
    Kind("evaluated-on-training-data", ("TL806",), evaluated_on_training_data),
    Kind("training-set-in-evaluation", ("TL806",), training_set_in_evaluation),
)
