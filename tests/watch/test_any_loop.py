"""Training of many kinds: the same to the bit with and without watch, and the steps on record."""

from __future__ import annotations

import copy
import io
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from tests.watch.conftest import Watched, make_loader, make_model
from tests.watch.test_sacred import Bare, assert_same
from trainlint.operations import Kind
from trainlint.registry import find_rule
from trainlint.run import Run

Made = tuple[nn.Module, "list[torch.optim.Optimizer]", Callable[[], list[float]]]
STEPS = 6


def images() -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(8, 1, 8, 8), torch.randint(10, (8,))


def plain(model: nn.Module, optimizer: torch.optim.Optimizer, call: Callable[..., Any] | None = None) -> Made:
    def loop() -> list[float]:
        losses = []
        for _ in range(STEPS):
            inputs, labels = images()
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy((call or model)(inputs), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    return model, [optimizer], loop


def with_optimizer(kind: Any, **settings: Any) -> Made:
    model = make_model()
    return plain(model, kind(model.parameters(), **settings))


def in_place_relu() -> Made:
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(inplace=True), nn.Linear(32, 10))
    return plain(model, torch.optim.SGD(model.parameters(), lr=0.1))


def checkpointed(use_reentrant: bool) -> Made:
    model = make_model()

    def call(inputs: torch.Tensor) -> Any:
        return checkpoint(model, inputs.requires_grad_(), use_reentrant=use_reentrant)

    return plain(model, torch.optim.SGD(model.parameters(), lr=0.1), call)


def compiled(late: bool) -> Made:
    torch._dynamo.reset()
    model = torch.compile(make_model(), backend="aot_eager", fullgraph=True)
    assert isinstance(model, nn.Module)
    made = plain(model, torch.optim.AdamW(model.parameters()))
    if late:
        made[2]()  # the first compiled steps come before the watch
    return made


def compiled_in_place() -> Made:
    torch._dynamo.reset()
    model = make_model()
    model.compile(backend="aot_eager")
    return plain(model, torch.optim.AdamW(model.parameters()))


def shared() -> Made:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding(16, 8)
            self.out = nn.Linear(8, 16, bias=False)
            self.out.weight = self.table.weight

        def forward(self, inputs: torch.Tensor) -> Any:
            return self.out(self.table((inputs.flatten(1)[:, 0].abs() * 4).long() % 16))

    model = Tied()
    return plain(model, torch.optim.Adam(model.parameters()))


def sparse() -> Made:
    table = nn.Embedding(16, 10, sparse=True)
    optimizer = torch.optim.SparseAdam(list(table.parameters()))
    return plain(table, optimizer, lambda inputs: table((inputs.flatten(1)[:, 0].abs() * 4).long() % 16))


def lazy() -> Made:
    model = nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.ReLU(), nn.Flatten(), nn.LazyLinear(10))

    def loop() -> list[float]:
        model(images()[0])
        return plain(model, torch.optim.SGD(model.parameters(), lr=0.1))[2]()

    return model, [], loop


def closure() -> Made:
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=3, history_size=4)

    def loop() -> list[float]:
        losses: list[float] = []
        for _ in range(STEPS):
            inputs, labels = images()

            def evaluate(inputs: torch.Tensor = inputs, labels: torch.Tensor = labels) -> torch.Tensor:
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(model(inputs), labels)
                loss.backward()
                losses.append(loss.item())
                return loss

            optimizer.step(evaluate)
        return losses

    return model, [optimizer], loop


def every_step_skipped() -> Made:
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)

    def loop() -> list[float]:
        for _ in range(STEPS):
            optimizer.zero_grad()
            scaler.scale(model(images()[0]).sum() * torch.inf).backward()
            scaler.step(optimizer)
            scaler.update()
        return [scaler.get_scale()]

    return model, [optimizer], loop


def changed_inside() -> Made:
    model = make_model()

    def loop() -> list[float]:
        first = plain(model, torch.optim.SGD(model.parameters(), lr=0.1))[2]()
        model.double()
        model[5] = nn.Linear(256, 10).double()
        model.float()
        return first + plain(model, torch.optim.SGD(model.parameters(), lr=0.1))[2]()

    return model, [], loop


def averaged_and_saved() -> Made:
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def loop() -> list[float]:
        average, losses = copy.deepcopy(model), []
        for _ in range(STEPS):
            inputs, labels = images()
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs), labels).backward()
            optimizer.step()
            with torch.no_grad():
                for ours, theirs in zip(average.parameters(), model.parameters(), strict=True):
                    ours.lerp_(theirs, 0.1)
            average.eval()
            losses.append(average(inputs).sum().item())
            torch.save(model, io.BytesIO())
        return losses

    return model, [optimizer], loop


def workers() -> Made:
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    class Stream(torch.utils.data.IterableDataset[Any]):
        def __iter__(self) -> Any:
            for number in range(STEPS):
                yield torch.full((1, 8, 8), float(number)), number

    def loop() -> list[float]:
        losses = []
        for inputs, labels in torch.utils.data.DataLoader(Stream(), batch_size=1, num_workers=1):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(inputs.repeat(2, 1, 1, 1)), labels.repeat(2))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    return model, [optimizer], loop


def make_lazy_twin() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10))


KINDS: dict[str, Callable[[], Made]] = {
    "foreach": lambda: with_optimizer(torch.optim.AdamW, foreach=True),
    "for-loop": lambda: with_optimizer(torch.optim.AdamW, foreach=False),
    "fused": lambda: with_optimizer(torch.optim.AdamW, fused=True),
    "tensor-lr": lambda: with_optimizer(torch.optim.AdamW, lr=torch.tensor(0.01), foreach=False),
    "fused-tensor-lr": lambda: with_optimizer(torch.optim.SGD, lr=torch.tensor(0.01), fused=True),
    "maximize": lambda: with_optimizer(torch.optim.SGD, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
    "in-place-relu": in_place_relu,
    "checkpoint": lambda: checkpointed(use_reentrant=False),
    "checkpoint-reentrant": lambda: checkpointed(use_reentrant=True),
    "compiled": lambda: compiled(late=False),
    "compiled-before": lambda: compiled(late=True),
    "compiled-in-place": compiled_in_place,
    "shared": shared,
    "sparse": sparse,
    "lazy": lazy,
    "closure": closure,
    "skipped": every_step_skipped,
    "changed": changed_inside,
    "averaged-and-saved": averaged_and_saved,
    "workers": workers,
}


def end_state(make: Callable[[], Made], watch: Callable[[nn.Module], Any]) -> Any:
    torch.manual_seed(5)
    random.seed(5)
    model, optimizers, loop = make()
    with watch(model):
        losses = loop()
    states = [optimizer.state_dict() for optimizer in optimizers]
    return model.state_dict(), states, losses, torch.get_rng_state(), random.getstate()


@pytest.mark.filterwarnings("ignore")  # torch's own, of what is being tried here
@pytest.mark.parametrize("kind", KINDS)
def test_training_is_the_same_and_on_record(watched: Watched, kind: str) -> None:
    bare = end_state(KINDS[kind], Bare)
    seen = end_state(KINDS[kind], watched)
    assert_same(bare, seen)
    assert watched.said == []
    run = watched.run()
    if kind == "lazy":
        assert run.models[0].facts["parameters"] == sum(layer.parameters for layer in run.layers) == 40 + 8 + 1450
        assert set(next(run.parameter_norms())[1]) == {name for name, _ in make_lazy_twin().named_parameters()}
    steps = STEPS * 2 if kind == "changed" else STEPS
    assert len(run.steps) == steps
    assert all(thing.facts["models"] for thing in run.optimizers)
    assert all(norm is not None for norm in run.steps.norm_after)
    assert all(run.steps.skipped) == (kind == "skipped")
    count = Counter(operation.kind for _, operation in run.operations())
    extra = 1 if kind == "lazy" else 0
    if kind != "closure":
        assert (count[Kind.FORWARD], count[Kind.BACKWARD]) == (steps + extra, steps)
        assert count[Kind.ZERO_GRAD] == steps
    assert count[Kind.SCALER_STEP if kind == "skipped" else Kind.OPTIMIZER_STEP] == steps


@pytest.mark.parametrize("fused", [False, True])
def test_gradients_that_are_never_cleared_are_found(watched: Watched, fused: bool) -> None:
    rule = find_rule("TL401")
    assert rule is not None
    model = make_model()
    optimizer = torch.optim.AdamW(model.parameters(), fused=fused)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    with watched(model, rules=(rule,)):
        for inputs, _ in make_loader():
            scaler.scale(model(inputs).sum()).backward()
            scaler.step(optimizer)
            scaler.update()
    assert [finding.code for finding in watched.run().findings] == ["TL401"]


def test_gradients_changed_by_hand_before_the_step_are_not_cleared(watched: Watched) -> None:
    model = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model):
        for _ in range(3):
            model(torch.ones(1, 2)).sum().backward()
            for parameter in model.parameters():
                assert parameter.grad is not None
                parameter.grad.mul_(0.5)
            optimizer.step()
    assert kinds(watched.run()) == ["forward", "backward", "optimizer-step"] * 3


def test_gradients_written_by_hand_are_there_for_the_step(watched: Watched) -> None:
    rule = find_rule("TL402")
    assert rule is not None
    model = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model, rules=(rule,)):
        for _ in range(3):
            model(torch.ones(1, 2)).sum().backward()
            optimizer.zero_grad()
            for parameter in model.parameters():
                parameter.grad = torch.ones_like(parameter)
            optimizer.step()
    assert kinds(watched.run())[:5] == ["forward", "backward", "zero-grad", "unknown", "optimizer-step"]
    assert watched.run().findings == ()


def test_an_optimizer_that_clears_by_itself(watched: Watched) -> None:
    class Clearing(torch.optim.SGD):
        def step(self, closure: Any = None) -> Any:
            result = super().step(closure)
            for group in self.param_groups:
                for parameter in group["params"]:
                    parameter.grad = None
            return result

    model = nn.Linear(2, 2)
    optimizer = Clearing(model.parameters(), lr=0.1)
    with watched(model):
        for _ in range(2):
            model(torch.ones(1, 2)).sum().backward()
            optimizer.step()
    assert kinds(watched.run()) == ["forward", "backward", "optimizer-step", "zero-grad"] * 2


@pytest.mark.filterwarnings("ignore")  # what torch imports to compile a step warns of itself
def test_a_compiled_step_has_no_more_graphs_than_without(watched: Watched) -> None:
    from torch._dynamo.testing import CompileCounter

    def graphs(watch: Callable[[nn.Module], Any]) -> tuple[int, torch.Tensor]:
        torch._dynamo.reset()
        torch.manual_seed(0)
        model = nn.Linear(2, 2)
        optimizer = torch.optim.SGD(model.parameters(), lr=torch.tensor(0.1), foreach=True)
        counter = CompileCounter()

        def update() -> None:
            optimizer.step()

        step = torch.compile(update, backend=counter)
        with watch(model):
            for _ in range(3):
                optimizer.zero_grad()
                model(torch.ones(1, 2)).sum().backward()
                step()
        return counter.frame_count, model.weight.detach()

    assert_same(graphs(Bare), graphs(watched))
    assert watched.said == []


def test_watched_again_and_again(watched: Watched) -> None:
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for number in range(3):
        again = Watched(watched.path.with_stem(f"run{number}"))
        with again(model):
            plain(model, optimizer)[2]()
        assert len(again.run().steps) == STEPS
    with watched(model):
        pass
    with watched(model):
        plain(model, optimizer)[2]()
    assert len(watched.run().steps) == 0
    second = Watched(watched.path.with_stem("run-2"))
    assert len(second.run().steps) == STEPS


def kinds(run: Run) -> list[str]:
    return [operation.kind.value for _, operation in run.operations()]
