"""The order of operations, with the user's lines and names."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler

from tests.watch.conftest import Watched, make_loader, make_model, train
from trainlint.operations import Kind, Operation
from trainlint.report.location import placed
from trainlint.run import Run


def kinds(run: Run) -> list[str]:
    return [operation.kind.value for _, operation in run.operations()]


def only(run: Run, kind: Kind) -> Operation:
    (operation,) = {operation for _, operation in run.operations() if operation.kind is kind}
    return operation


def test_a_step_is_named_as_the_user_wrote_it(watched: Watched) -> None:
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model):
        train(model.train(), optimizer, steps=3, amp=True)
    run = watched.run()
    calls = [operation.call for step, operation in run.operations() if step == 1]
    assert calls == [
        "scaler.update",
        "scheduler.step",
        "optimizer.zero_grad",
        "model",
        "scaler.scale(loss).backward",
        "scaler.unscale_",
        "clip_grad_norm_",
        "scaler.step",
    ]
    assert len(run.patterns) == 3  # the first step, the others, and what follows the last
    for kind in (Kind.UNSCALE, Kind.SCALER_STEP, Kind.ZERO_GRAD, Kind.SCHEDULER_STEP, Kind.CLIP):
        operation = only(run, kind)
        assert operation.optimizer is not None
        assert operation.optimizer.name == "optimizer"
        assert operation.models is not None
        assert [subject.ident for subject in operation.models] == [run.models[0].subject.ident]
        where = placed(operation.location)
        line = run.sources[where.file].splitlines()[where.row - 1]
        assert line[where.column - 1 :].startswith(operation.call)
    backward = only(run, Kind.BACKWARD)
    assert backward.scaled is True
    assert backward.scaler is not None
    assert backward.scaler.name == "scaler"


def test_two_models_and_two_optimizers(watched: Watched) -> None:
    generator, critic = nn.Linear(2, 4), nn.Linear(4, 1)
    optimizers = {"g": torch.optim.Adam(generator.parameters()), "c": torch.optim.Adam(critic.parameters())}
    with watched(generator, critic):
        for _ in range(3):
            fake = generator(torch.randn(8, 2))
            optimizers["c"].zero_grad()
            critic(torch.randn(8, 4)).mean().backward()
            critic(fake.detach()).mean().backward()
            optimizers["c"].step()
            optimizers["g"].zero_grad()
            critic(fake).mean().backward()
            optimizers["g"].step()
    run = watched.run()
    names = {thing.subject.ident: thing.subject.name for thing in run.models}
    backwards = [
        sorted(names[subject.ident] for subject in operation.models or ())
        for step, operation in run.operations()
        if operation.kind is Kind.BACKWARD and step < 2
    ]
    assert backwards == [["critic"], ["critic"], ["critic", "generator"]]
    assert [subject.name for subject in run.steps.optimizer] == ["optimizers['c']", "optimizers['g']"] * 3
    assert [len(thing.facts["models"]) for thing in run.optimizers] == [1, 1]
    assert run.steps.backwards == [2, 1] * 3


def test_names_of_models_come_from_the_watch(tmp_path: Any) -> None:
    import trainlint

    generator, critic = nn.Linear(2, 4), nn.Linear(4, 1)
    with trainlint.watch(generator, critic, path=tmp_path / "run.sqlite"):
        pass
    from trainlint.run import load_run

    assert [thing.subject.name for thing in load_run(tmp_path / "run.sqlite").models] == [
        "generator",
        "critic",
    ]


@pytest.mark.parametrize("clear", ["none", "zero", "module", "model of models"])
def test_gradients_cleared_by_hand_are_cleared(watched: Watched, clear: str) -> None:
    model = nn.Linear(2, 2)
    whole = nn.Sequential(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model):
        for _ in range(3):
            model(torch.ones(1, 2)).sum().backward()
            optimizer.step()
            if clear == "module":
                model.zero_grad()
            elif clear == "model of models":
                whole.zero_grad()
            for parameter in model.parameters():
                if clear == "none":
                    parameter.grad = None
                elif clear == "zero" and parameter.grad is not None:
                    parameter.grad.zero_()
    first = ["forward", "backward", "optimizer-step"]
    if clear in ("none", "zero"):  # no call shows it: it is noticed when the next backward begins
        assert kinds(watched.run()) == first + ["forward", "zero-grad", "backward", "optimizer-step"] * 2
    else:
        assert kinds(watched.run()) == [*first, "zero-grad"] * 3


def test_gradients_that_are_not_cleared_are_not(watched: Watched) -> None:
    model = make_model()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    with watched(model):
        for images, _ in make_loader():
            model(images).sum().backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
    assert "zero-grad" not in kinds(watched.run())


def schedulers(optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    first = lr_scheduler.LinearLR(optimizer, total_iters=2)
    second = lr_scheduler.ExponentialLR(optimizer, 0.9)
    return {
        "plateau": lr_scheduler.ReduceLROnPlateau(optimizer),
        "sequential": lr_scheduler.SequentialLR(optimizer, [first, second], [1]),
        "chained": lr_scheduler.ChainedScheduler([first, second]),
        "cyclic": lr_scheduler.CyclicLR(optimizer, 0.1, 0.2),
        "restarts": lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 3),
        "lambda": lr_scheduler.LambdaLR(optimizer, lambda step: 1 / (step + 1)),
    }


@pytest.mark.parametrize("name", ["plateau", "sequential", "chained", "cyclic", "restarts", "lambda"])
@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step")
def test_each_scheduler_steps_once_and_not_when_built(watched: Watched, name: str) -> None:
    model = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model):
        scheduler = schedulers(optimizer)[name]
        for _ in range(3):
            optimizer.step()
            scheduler.step(*([1.0] if name == "plateau" else []))
    run = watched.run()
    assert kinds(run) == ["optimizer-step", "scheduler-step"] * 3
    assert [thing.subject.name for thing in run.schedulers] == ["scheduler"]


def test_modes_of_the_model_and_of_a_module_around_it(watched: Watched) -> None:
    model = make_model()
    whole = nn.Sequential(model)
    with watched(model):
        model.train()
        whole.eval()
        model[1].train()
        with torch.no_grad():
            model(torch.ones(2, 1, 8, 8))
    run = watched.run()
    assert kinds(run) == ["train", "eval", "forward"]
    assert [operation.call for _, operation in run.operations()] == ["model.train", "whole.eval", "model"]
    (forward,) = run.forwards
    assert (forward.training, forward.grad, forward.norms, forward.dropout) == (False, False, ("1",), ())


def test_compiled_models_do_not_recompile_for_a_watch(watched: Watched) -> None:
    from torch._dynamo.testing import CompileCounter

    torch._dynamo.reset()
    model = make_model().eval()
    counter = CompileCounter()
    compiled = torch.compile(model, backend=counter, fullgraph=True)
    inputs = torch.ones(2, 1, 8, 8)
    compiled(inputs)
    with watched(model):
        compiled(inputs)
        again = torch.compile(model, backend=counter, fullgraph=True)
        again(inputs)
    compiled(inputs)
    assert counter.frame_count == 1
    assert [forward.count for forward in watched.run().forwards] == [1]


def test_a_model_that_was_compiled_before_is_watched(watched: Watched) -> None:
    torch._dynamo.reset()
    model = torch.compile(make_model(), backend="eager")
    assert isinstance(model, nn.Module)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model):
        for _ in range(3):
            optimizer.zero_grad()
            model(torch.ones(2, 1, 8, 8)).sum().backward()
            optimizer.step()
    assert kinds(watched.run()) == ["zero-grad", "forward", "backward", "optimizer-step"] * 3


def test_a_million_steps_stay_small(watched: Watched) -> None:
    model = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model):
        for step in range(200):
            optimizer.zero_grad()
            model(torch.ones(1, 2)).sum().backward()
            optimizer.step()
            if step == 99:
                with torch.no_grad():
                    for _ in range(3000):
                        model(torch.ones(1, 2))
    run = watched.run()
    assert len(run.stretches) < 10
    assert kinds(run).count("forward") == 3200
    assert [step for step, _ in itertools.groupby(step for step, _ in run.operations())] == list(range(200))
