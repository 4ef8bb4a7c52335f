"""Bugs in the learning-rate schedule."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from benchmarks.accuracy.idioms import (
    assigned,
    calls_method,
    has,
    is_any_step,
    mentions,
    method,
    method_calls,
    statements,
)
from benchmarks.accuracy.repository import Made, Repository
from benchmarks.accuracy.script import Script
from benchmarks.accuracy.seeding import Change, Kind
from benchmarks.accuracy.text import Edit

PER_EPOCH = ("StepLR", "MultiStepLR", "ExponentialLR", "CosineAnnealingLR")
PER_BATCH = ("OneCycleLR", "CyclicLR")
PLATEAU = "ReduceLROnPlateau"
OTHERS = ("LambdaLR", "PolynomialLR", "LinearLR", "CosineAnnealingWarmRestarts", "MultiplicativeLR")


def scheduler_before_optimizer(script: Script, repository: Repository) -> Iterator[Change]:
    """`scheduler.step()` is moved before the optimizer's step.

    It is a scheduler of torch that gets no metric, and stands in a block of a loop after the only statement there that
    steps an optimizer, itself or in a function that it calls; it goes right before that statement.
    """
    for statement, _ in _schedulers(script, repository, (*PER_EPOCH, *PER_BATCH, *OTHERS), 0):
        block = script.block(statement)
        before = block[: block.index(statement)]
        stepping = [each for each in before if _steps_optimizer(script, repository, each)]
        if len(stepping) == 1 and (script.loops(statement) or _is_repeated(script, repository, statement)):
            yield Change(statement, script.text.move(statement, block, before=stepping[0]))


def scheduler_step_deleted(script: Script, repository: Repository) -> Iterator[Change]:
    """`scheduler.step()` is deleted.

    The scheduler of torch is made and stepped in one function, nowhere else, and nothing but `print` or a `state_dict`
    gets it.
    """
    for statement, scheduler in _schedulers(script, repository, (*PER_EPOCH, *PER_BATCH, *OTHERS, PLATEAU)):
        scope = script.scope(statement)
        body = list(scope.body)
        made = any((pair := assigned(node)) is not None and pair[0] == scheduler for node in script.own(scope))
        steps = sum(calls_method(scheduler, "step")(node) for node in script.own(scope))
        given = any(
            mentions([*call.args, *call.keywords], scheduler) and method(call, "load_state_dict") is None
            for call in script.calls(scope)
            if not _saves(call)
        )
        escapes = given or any(mentions([node], scheduler) for node in body if isinstance(node, ast.FunctionDef))
        if made and steps == 1 and not escapes:
            yield Change(statement, script.text.delete(statement, script.block(statement)))


def batch_schedule_per_epoch(script: Script, repository: Repository) -> Iterator[Change]:
    """The step of a per-batch schedule (one cycle, cyclic) is moved from the batch loop to the epoch loop.

    It stands in the batch loop with the optimizer's step; that loop stands in another one.
    """
    for statement, _ in _schedulers(script, repository, PER_BATCH, 0):
        loops, block = script.loops(statement), script.block(statement)
        if len(loops) == 2 and has(loops[0].body, is_any_step) and statement in loops[0].body:
            yield Change(statement, script.text.move(statement, block, after=loops[0]))


def epoch_schedule_per_batch(script: Script, repository: Repository) -> Iterator[Change]:
    """The step of a per-epoch schedule is moved into the batch loop.

    It stands directly in the loop over epochs, after a loop that goes over batches and steps the optimizer; a cosine
    schedule has a length in epochs.
    """
    for statement, scheduler in _schedulers(script, repository, PER_EPOCH, 0):
        loops, block = script.loops(statement), script.block(statement)
        if len(loops) != 1 or block is not loops[0].body or not _counts_epochs(script, repository, statement):
            continue
        for inner in block[: block.index(statement)]:
            if not isinstance(inner, ast.For) or "oader" not in ast.unparse(inner.iter):
                continue
            stepping = [
                each for each in inner.body if has(each, is_any_step) and not has(each, calls_method(scheduler, "step"))
            ]
            if stepping:
                yield Change(statement, script.text.move(statement, block, after=stepping[-1]))


def metric_dropped(script: Script, repository: Repository) -> Iterator[Change]:
    """`scheduler.step(loss)` of a `ReduceLROnPlateau` loses its metric."""
    for statement, _ in _schedulers(script, repository, (PLATEAU,), 1):
        call = statement.value
        assert isinstance(call, ast.Call)
        argument: ast.expr | ast.keyword = call.args[0] if call.args else call.keywords[0]
        yield Change(statement, script.text.drop(call, argument))


def plateau_mode_swapped(script: Script, repository: Repository) -> Iterator[Change]:
    """A `ReduceLROnPlateau` watches for the wrong direction.

    Its mode is written out, or `min` by default, and agrees with the name of the metric that `step` gets: `max` with an
    accuracy or score, `min` with a loss.
    """
    for statement, _ in _schedulers(script, repository, (PLATEAU,), 1):
        makers = _makers(repository, script, statement)
        call = statement.value
        assert isinstance(call, ast.Call)
        if len(makers) != 1 or makers[0].script is not script or not call.args:
            continue
        metric, made = ast.unparse(call.args[0]).lower(), makers[0].call
        mode = next((k.value for k in made.keywords if k.arg == "mode"), made.args[1] if len(made.args) > 1 else None)
        is_loss, is_score = (
            "loss" in metric,
            any(word in metric for word in ("acc", "score", "map", "dice", "iou", "f1")),
        )
        if is_loss == is_score or any(k.arg is None for k in made.keywords):
            continue
        if mode is None and is_loss:
            end = script.text.span(made)[1] - 1
            yield Change(made, (Edit(end, end, b", mode='max'"),))
        elif isinstance(mode, ast.Constant) and mode.value == ("min" if is_loss else "max"):
            yield Change(made, script.text.replace(mode, "'max'" if is_loss else "'min'"))


def optimizer_rebuilt(script: Script, repository: Repository) -> Iterator[Change]:
    """The optimizer is made once more after the scheduler: a line is copied.

    Both are assignments in one block, the scheduler gets the optimizer by name, and something steps it later.
    """
    for statement in statements(script):
        pair = assigned(statement)
        if (
            pair is None
            or not isinstance(pair[1], ast.Call)
            or not script.dotted(pair[1].func).startswith("torch.optim.")
        ):
            continue
        optimizer, block = pair[0], script.block(statement)
        for later in block[block.index(statement) + 1 :]:
            scheduler = assigned(later)
            if scheduler is None or not isinstance(scheduler[1], ast.Call):
                continue
            dotted, first = script.dotted(scheduler[1].func), scheduler[1].args[:1]
            if dotted.startswith("torch.optim.lr_scheduler.") and first and ast.unparse(first[0]) == optimizer:
                yield Change(later, script.text.insert(script.text.of(statement), after=later))


def _schedulers(
    script: Script, repository: Repository, kinds: tuple[str, ...], arguments: int | None = None
) -> Iterator[tuple[ast.Expr, str]]:
    """Yield the statements that step a scheduler of torch of one of these kinds, with its text."""
    for statement, scheduler in method_calls(script, "step", arguments):
        makers = _makers(repository, script, statement)
        prefix = "torch.optim.lr_scheduler."
        if makers and all(made.of.startswith(prefix) and made.of.removeprefix(prefix) in kinds for made in makers):
            yield statement, scheduler


def _makers(repository: Repository, script: Script, statement: ast.Expr) -> list[Made]:
    receiver = method(statement, "step")
    return [] if receiver is None else repository.makers(script, receiver) or []


def _steps_optimizer(script: Script, repository: Repository, statement: ast.stmt) -> bool:
    def steps(home: Script, node: ast.AST) -> bool:
        receiver = method(node, "step") if isinstance(node, ast.Call) else None
        if receiver is None or not isinstance(node, ast.Call):
            return False
        makers = repository.makers(home, node.args[0] if node.args else receiver)
        return bool(makers) and all(_is_optimizer(made) for made in makers or ())

    if has(statement, lambda node: steps(script, node)):
        return True
    return any(
        any(steps(home, node) for node in home.own(function))
        for call in script.calls(statement)
        if isinstance(call.func, ast.Name)
        for home, function in repository.callees(script, call)
    )


def _is_optimizer(made: Made) -> bool:
    return made.of.startswith("torch.optim.") and not made.of.startswith("torch.optim.lr_scheduler.")


def _is_repeated(script: Script, repository: Repository, statement: ast.stmt) -> bool:
    function = script.function(statement)
    return function is not None and repository.repeated(script, function)


def _counts_epochs(script: Script, repository: Repository, statement: ast.Expr) -> bool:
    for made in _makers(repository, script, statement):
        if made.of.endswith("CosineAnnealingLR") and "epoch" not in ast.unparse(made.call).lower():
            return False
    return True


def _saves(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in ("print", "save", "format", "info", "state_dict", "get_lr", "get_last_lr")


KINDS = (
    Kind("scheduler-before-optimizer", ("TL501",), scheduler_before_optimizer),
    Kind("scheduler-step-deleted", ("TL502",), scheduler_step_deleted),
    Kind("batch-schedule-per-epoch", ("TL503",), batch_schedule_per_epoch),
    Kind("epoch-schedule-per-batch", ("TL503",), epoch_schedule_per_batch),
    Kind("metric-dropped", ("TL504",), metric_dropped),
    Kind("plateau-mode-swapped", ("TL505",), plateau_mode_swapped),
    Kind("optimizer-rebuilt", ("TL508",), optimizer_rebuilt),
)
