"""What a run holds, against what a slow loop computes for itself."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim import lr_scheduler

from tests.watch.conftest import Watched, make_loader, make_model

CLOSE = 2e-6  # norms are summed in float32 on the device, and in float64 here


def norms_by_hand(model: nn.Module, scale: float = 1.0) -> dict[str, float]:
    return {
        name: math.sqrt(sum(value * value for value in parameter.grad.double().flatten().tolist())) / scale
        for name, parameter in model.named_parameters()
        if parameter.grad is not None
    }


def total(norms: dict[str, float]) -> float:
    return math.sqrt(sum(norm * norm for norm in norms.values()))


@pytest.mark.parametrize("amp", [False, True], ids=["float32", "amp"])
@pytest.mark.parametrize("unscaled_first", [True, False], ids=["unscale-clip", "clip-unscale"])
def test_norms_losses_rates_and_scale(watched: Watched, amp: bool, unscaled_first: bool) -> None:
    torch.manual_seed(0)
    model = make_model()
    groups: list[dict[str, Any]] = [
        {"params": model[0].parameters(), "lr": 0.01},
        {"params": model[1:].parameters()},
    ]
    optimizer = torch.optim.SGD(groups, lr=0.1, momentum=0.9)
    scheduler = lr_scheduler.CosineAnnealingLR(optimizer, T_max=7)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**12, growth_interval=4, enabled=amp)
    losses, rates, before, after, scales, factors = [], [], [], [], [], []
    with watched(model):
        for images, labels in make_loader():
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(images), labels)
            scaler.scale(loss).backward()
            scale = scaler.get_scale() if amp else 1.0
            if unscaled_first:
                scaler.unscale_(optimizer)
            left = 1.0 if unscaled_first else scale
            before.append(norms_by_hand(model, left))
            factors.append(min(1.0, 0.3 / (total(before[-1]) * left + 1e-6)))  # as torch documents it
            clip_grad_norm_(model.parameters(), 0.3)
            after.append(norms_by_hand(model, left))
            rates.append(tuple(scheduler.get_last_lr()))
            losses.append(loss.item())
            scales.append(scale)
            scaler.step(optimizer)
            scaler.update()
            scheduler.step()
    steps = watched.run().steps
    assert steps.loss == losses
    assert steps.rates == rates
    assert steps.clipped == [True] * 10
    assert steps.skipped == [False] * 10
    assert steps.loss_scale == (scales if amp else [None] * 10)
    assert steps.norm_before == pytest.approx([total(norms) for norms in before], rel=CLOSE)
    assert steps.norm_after == pytest.approx([total(norms) for norms in after], rel=CLOSE)
    assert steps.clip_factors() == pytest.approx(factors, rel=1e-5)
    kept = list(watched.run().parameter_norms())
    assert [step for step, _, _ in kept] == list(range(10))
    for (_, seen_before, seen_after), by_hand_before, by_hand_after in zip(kept, before, after, strict=True):
        assert seen_before == pytest.approx(by_hand_before, rel=CLOSE)
        assert seen_after == pytest.approx(by_hand_after, rel=CLOSE)


def test_a_scaler_that_steps_by_itself_leaves_norms_without_the_scale(watched: Watched) -> None:
    for fused in (False, True):
        model = nn.Linear(4, 3)
        optimizer = torch.optim.Adam(model.parameters(), fused=fused)
        scaler = torch.amp.GradScaler("cpu", init_scale=2.0**14)
        with watched(model):
            scaler.scale(model(torch.ones(2, 4)).sum()).backward()
            by_hand = norms_by_hand(model, 2.0**14)
            scaler.step(optimizer)
            scaler.update()
        assert watched.run().steps.norm_after == pytest.approx([total(by_hand)], rel=CLOSE)
        assert watched.run().steps.norm_before == watched.run().steps.norm_after
        watched.path.unlink()


@pytest.mark.parametrize("fused", [False, True], ids=["skipped-by-scaler", "skipped-by-kernel"])
def test_skipped_steps_and_the_falling_scale(watched: Watched, fused: bool) -> None:
    model = nn.Linear(4, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, fused=fused)
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
    with watched(model):
        for step in range(4):
            optimizer.zero_grad()
            scaler.scale(model(torch.full((2, 4), math.inf if step == 1 else 1.0)).sum()).backward()
            scaler.step(optimizer)
            scaler.update()
    run = watched.run()
    assert run.steps.skipped == [False, True, False, False]
    assert run.steps.loss_scale == [8.0, 8.0, 4.0, 4.0]
    assert [norm is not None and math.isfinite(norm) for norm in run.steps.norm_after] == [
        True,
        False,
        True,
        True,
    ]
    assert run.steps.loss[1] is not None
    assert not math.isfinite(run.steps.loss[1])


def test_the_loss_of_accumulated_batches_is_their_sum(watched: Watched) -> None:
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    sums = []
    with watched(model):
        for _ in range(3):
            parts = []
            for _ in range(4):
                loss = model(torch.randn(2, 4)).square().mean() / 4
                loss.backward()
                parts.append(loss.item())
                loss.mul_(2)  # what is done to a loss after its backward is no concern of the run
            sums.append(sum(parts))
            optimizer.step()
            optimizer.zero_grad()
    assert watched.run().steps.loss == pytest.approx(sums)
    assert watched.run().steps.backwards == [4, 4, 4]


def test_nan_is_not_the_same_as_not_measured(watched: Watched) -> None:
    model = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model):
        (model(torch.ones(1, 2)).sum() * math.nan).backward()
        optimizer.step()
        model.zero_grad()
        model(torch.ones(1, 2)).backward(torch.ones(1, 2))  # no scalar loss
        optimizer.step()
    loss, norm = watched.run().steps.loss, watched.run().steps.norm_after
    assert loss[0] is not None
    assert math.isnan(loss[0])
    assert loss[1] is None
    assert norm[0] is not None
    assert math.isnan(norm[0])


@pytest.mark.parametrize(
    ("clip", "clipped"),
    [
        (lambda model: clip_grad_norm_(list(model[0].parameters()), 0.01), {"0.weight", "0.bias"}),
        (lambda model: clip_grad_norm_(parameters=(p for p in model.parameters()), max_norm=0.01), None),
        (lambda model: clip_grad_norm_(model[1].weight, 0.01, norm_type=math.inf), {"1.weight"}),
        (lambda model: clip_grad_value_(model.parameters(), 1e-3), None),
        (
            lambda model: torch.nn.utils.clip_grad.clip_grad_norm_(model[1:].parameters(), 0.01),
            {"1.weight", "1.bias"},
        ),
    ],
)
def test_clipping_in_its_forms(watched: Watched, clip: Any, clipped: set[str] | None) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model):
        model(torch.ones(3, 4)).square().sum().backward()
        before = norms_by_hand(model)
        clip(model)
        after = norms_by_hand(model)
        optimizer.step()
    ((_, seen_before, seen_after),) = watched.run().parameter_norms()
    assert seen_before == pytest.approx(before, rel=CLOSE)
    assert seen_after == pytest.approx(after, rel=CLOSE)
    assert {name for name in seen_before if seen_after[name] != seen_before[name]} == (clipped or set(before))


@pytest.mark.parametrize("kind", [torch.float64, torch.bfloat16, torch.float16])
def test_norms_of_other_precisions(watched: Watched, kind: torch.dtype) -> None:
    model = nn.Linear(8, 8).to(kind)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model):
        model(torch.ones(2, 8, dtype=kind)).sum().backward()
        by_hand = norms_by_hand(model)
        optimizer.step()
    assert watched.run().steps.norm_after == pytest.approx([total(by_hand)], rel=CLOSE)


def test_norms_of_mixed_precisions_sparse_and_absent_gradients(watched: Watched) -> None:
    model = nn.ModuleDict(
        {
            "table": nn.Embedding(9, 4, sparse=True),
            "low": nn.Linear(4, 4).bfloat16(),
            "unused": nn.Linear(4, 4),
        }
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model):
        rows = model["table"](torch.tensor([1, 1, 3]))
        model["low"](rows.bfloat16()).float().square().sum().backward()
        table = model["table"].weight
        assert isinstance(table, nn.Parameter)
        assert table.grad is not None
        dense = {"table.weight": table.grad.to_dense().double().norm().item()}
        by_hand = dense | {f"low.{name}": norm for name, norm in norms_by_hand(model["low"]).items()}
        optimizer.step()
    ((_, _, seen),) = watched.run().parameter_norms()
    assert seen == pytest.approx(by_hand, rel=1e-5)


def test_a_closure_is_measured_after_it_ran(watched: Watched) -> None:
    model = nn.Linear(3, 1)
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=2)
    inputs, calls = torch.randn(8, 3), []

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss: torch.Tensor = model(inputs).square().mean()
        loss.backward()
        calls.append(loss.item())
        return loss

    with watched(model):
        optimizer.step(closure)
        by_hand = norms_by_hand(model)
    steps = watched.run().steps
    assert steps.norm_after == pytest.approx([total(by_hand)], rel=CLOSE)
    assert steps.loss == pytest.approx([sum(calls)])
    assert steps.backwards == [len(calls)]


def test_times_on_a_clock_that_is_ours(watched: Watched) -> None:
    now = [0.0]

    def spend(seconds: float) -> None:
        now[0] += seconds

    class Data(torch.utils.data.Dataset[torch.Tensor]):
        def __len__(self) -> int:
            return 6

        def __getitem__(self, index: int) -> torch.Tensor:
            spend(1.0)
            return torch.ones(2)

    class Slow(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, inputs: torch.Tensor) -> torch.Tensor:
            spend(10.0)
            return inputs * 1

        @staticmethod
        def backward(context: Any, gradient: torch.Tensor) -> torch.Tensor:
            spend(100.0)
            return gradient

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(2, 1)

        def forward(self, inputs: torch.Tensor) -> Any:
            return Slow.apply(self.linear(inputs))  # type: ignore[no-untyped-call]

    class SlowSGD(torch.optim.SGD):
        def step(self, closure: Any = None) -> Any:
            spend(1000.0)
            return super().step(closure)

    model = Model()
    optimizer = SlowSGD(model.parameters(), lr=0.1)
    loader = torch.utils.data.DataLoader(Data(), batch_size=2)
    with watched(model, clock=lambda: now[0]):
        for inputs in loader:
            optimizer.zero_grad()
            model(inputs).sum().backward()
            spend(10_000.0)
            optimizer.step()
            with torch.no_grad():
                model(inputs)  # after the step: belongs to no step
    steps = watched.run().steps
    assert steps.data_s == [2.0] * 3
    assert steps.forward_s == [10.0] * 3
    assert steps.backward_s == [100.0] * 3
    assert steps.optimizer_s == [1000.0] * 3
    assert steps.wall_s == [None, 11_122.0, 11_122.0]
    assert steps.time_s == [11_112.0, 22_234.0, 33_356.0]


def test_what_was_not_measured_is_none(watched: Watched) -> None:
    weight = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(weight.parameters(), lr=0.1)
    with watched(weight):
        optimizer.step()
    steps = watched.run().steps
    nothing = (
        steps.loss,
        steps.norm_before,
        steps.norm_after,
        steps.data_s,
        steps.forward_s,
        steps.backward_s,
    )
    assert nothing == ([None],) * 6
