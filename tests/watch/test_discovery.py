"""The models of a script that names none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from trainlint.run import Run, load_run
from trainlint.watch.session import Watch


class Both(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.generator = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 4))
        self.critic = nn.Sequential(nn.Linear(4, 1), nn.Tanh())


def watch_and(train: Callable[[], Any], path: Path) -> Run:
    said: list[str] = []
    with Watch((), path, (), say=said.append, show=lambda _: None, discover=True):
        train()
    assert said == []
    return load_run(path)


def step(model: nn.Module, optimizer: torch.optim.Optimizer, width: int) -> None:
    optimizer.zero_grad()
    model(torch.ones(3, width)).sum().backward()
    optimizer.step()


def names(run: Run) -> list[tuple[str, str]]:
    return [(thing.type, thing.subject.name) for thing in run.models]


def test_the_whole_model_of_an_optimizer_over_a_part(tmp_path: Path) -> None:
    def train() -> None:
        net = nn.Sequential(nn.Linear(2, 4), nn.Linear(4, 1))
        net[0].requires_grad_(False)
        step(net, torch.optim.SGD(net[1].parameters(), lr=0.1), 2)

    run = watch_and(train, tmp_path / "run.sqlite")
    assert names(run) == [("Sequential", "model")]
    assert run.models[0].facts == {"parameters": 17, "trainable": 5}
    assert [forward.trained for forward in run.forwards] == [1]


def test_two_models_in_one_module_with_an_optimizer_each(tmp_path: Path) -> None:
    def train() -> None:
        both = Both()
        one, two = (torch.optim.SGD(part.parameters(), lr=0.1) for part in (both.generator, both.critic))
        step(both.generator, one, 2)
        step(both.critic, two, 4)

    run = watch_and(train, tmp_path / "run.sqlite")
    assert sorted(names(run)) == [("Sequential", "model")] * 2
    assert [len(thing.facts["models"]) for thing in run.optimizers] == [1, 1]


def test_one_model_with_two_optimizers(tmp_path: Path) -> None:
    def train() -> None:
        net = nn.Sequential(nn.Linear(2, 4), nn.Linear(4, 1))
        weights = torch.optim.SGD([value for name, value in net.named_parameters() if name.endswith("weight")], lr=0.1)
        biases = torch.optim.SGD([value for name, value in net.named_parameters() if name.endswith("bias")], lr=0.1)
        step(net, weights, 2)
        step(net, biases, 2)

    run = watch_and(train, tmp_path / "run.sqlite")
    assert names(run) == [("Sequential", "model")]
    assert [thing.facts["models"] for thing in run.optimizers] == [[run.models[0].subject.ident]] * 2


@pytest.mark.parametrize("wrap", [nn.DataParallel, nn.Sequential], ids=["data-parallel", "in-a-list"])
def test_a_wrapper_called_by_what_it_wraps(tmp_path: Path, wrap: Callable[[nn.Module], nn.Module]) -> None:
    def train() -> None:
        net = nn.Sequential(nn.Linear(2, 4), nn.Dropout())
        whole = wrap(net)
        optimizer = torch.optim.SGD(whole.parameters(), lr=0.1)
        step(whole, optimizer, 2)
        net.eval()
        net(torch.ones(1, 2))

    run = watch_and(train, tmp_path / "run.sqlite")
    assert len(run.models) == 1
    kinds = [operation.kind.value for _, operation in run.operations()]
    assert kinds == ["zero-grad", "forward", "backward", "optimizer-step", "eval", "forward"]
    assert [forward.training for forward in run.forwards] == [True, False]


def test_a_model_that_comes_later(tmp_path: Path) -> None:
    def train() -> None:
        first = nn.Linear(2, 2)
        step(first, torch.optim.SGD(first.parameters(), lr=0.1), 2)
        second = nn.Linear(3, 3)
        step(second, torch.optim.SGD(second.parameters(), lr=0.1), 3)

    run = watch_and(train, tmp_path / "run.sqlite")
    assert [(thing.subject.name, thing.first_step) for thing in run.models] == [("model", 0), ("model", 1)]
