"""What `find_lr` measures: against a loop written out, in every form of batch and precision, until it diverges."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

import trainlint
from tests.lr.conftest import OPTIMIZERS, make_loader, make_model
from trainlint.errors import UsageError
from trainlint.lr.find import diverges

LOSS: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = nn.CrossEntropyLoss()


def by_hand(steps: int, accumulate: int, amp: bool, last: float) -> list[float]:
    """Run the range test as a person would write it down, on a model that nobody needs afterwards."""
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0, momentum=0.9)
    loader = make_loader(generator=torch.Generator().manual_seed(1))
    iterator = iter(loader)
    losses: list[float] = []
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 1e-4 * (last / 1e-4) ** (step / (steps - 1))
        optimizer.zero_grad()
        total = 0.0
        for _ in range(accumulate):
            try:
                inputs, targets = next(iterator)
            except StopIteration:
                iterator = iter(loader)
                inputs, targets = next(iterator)
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=amp):
                loss = LOSS(model(inputs), targets)
            (loss / accumulate).backward()
            total += loss.item() / accumulate
        optimizer.step()
        losses.append(total)
    return losses


@pytest.mark.parametrize("amp", [False, True], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("accumulate", [1, 3])
def test_the_losses_are_those_of_a_loop_written_out(accumulate: int, amp: bool) -> None:
    expected = by_hand(30, accumulate, amp, 0.1)
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0, momentum=0.9)
    found = trainlint.find_lr(
        model,
        optimizer,
        LOSS,
        make_loader(generator=torch.Generator().manual_seed(1)),
        start_lr=1e-4,
        end_lr=0.1,
        steps=30,
        accumulate=accumulate,
        autocast=torch.bfloat16 if amp else None,
    )
    assert found.losses == pytest.approx(expected, rel=1e-6)
    assert found.rates == pytest.approx([1e-4 * 1000 ** (step / 29) for step in range(30)])
    assert found.stopped == "the last rate, 0.1, was reached"


def test_precision_is_that_of_autocast() -> None:
    model = make_model()
    seen = set()
    model.register_forward_hook(lambda module, inputs, outputs: seen.add(outputs.dtype))
    trainlint.find_lr(model, OPTIMIZERS["sgd"](model), LOSS, make_loader(), steps=10, autocast=torch.bfloat16)
    assert seen == {torch.bfloat16}


def test_it_stops_when_the_loss_diverges() -> None:
    model = nn.Linear(6, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    loss = lambda outputs, targets: (outputs - targets[:, None]).pow(2).mean()  # noqa: E731
    found = trainlint.find_lr(model, optimizer, loss, make_loader(), end_lr=1e3)
    assert found.stopped == f"the loss diverged at a rate of {found.rates[-1]:.3g}"
    assert len(found.rates) == len(found.losses) == len(found.smoothed) < 100
    # Least squares with inputs of unit variance diverges by gradient descent a little above a rate of 1, as the mean
    # is over three outputs: the largest eigenvalue of the Hessian is about 2 / 3 of that of the covariance.
    assert 1 < found.rates[-1] < 30
    assert found.suggestion is not None
    assert found.suggestion < found.rates[-1] / 3


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_it_stops_at_a_loss_that_is_no_number(value: float) -> None:
    model = make_model()
    calls: list[int] = []

    def loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        return LOSS(outputs, targets) * (value if len(calls) == 31 else 1.0)

    found = trainlint.find_lr(model, OPTIMIZERS["sgd"](model), loss, make_loader(), end_lr=1e-3)
    assert len(found.losses) == 30
    assert found.stopped.startswith(f"the loss was {value} at a rate of ")
    with pytest.raises(UsageError, match="after 1 of 20 rates: the loss was inf"):
        trainlint.find_lr(model, OPTIMIZERS["sgd"](model), _infinite_from(1), make_loader(), steps=20)


def _infinite_from(calls: int) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    left = [1.0] * calls

    def loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return LOSS(outputs, targets) * (left.pop() if left else math.inf)

    return loss


@pytest.mark.parametrize(
    ("losses", "stops"),
    [
        ([2.0, 2.0, 2.0, 7.9], False),  # one batch is not enough
        ([2.0, 2.0, 2.0, 7.9, 7.9], False),
        ([2.0, 2.0, 2.0, 8.1, 8.1], True),
        ([2.0, 1.0, 0.1, 0.1, 0.1, 2.0, 2.0], False),  # back at the start, no more
        ([2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 6.9, 6.9], False),
        ([2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 7.1, 7.1], True),
        ([-1.0, -1.0, -1.0, -3.0, -3.0, -3.0], False),  # a log-likelihood falls below zero
        ([-1.0, -1.0, -1.0, -3.0, -3.0, -3.0, 2.9, 2.9], False),
        ([-1.0, -1.0, -1.0, -3.0, -3.0, -3.0, 3.1, 3.1], True),
    ],
)
def test_divergence_is_told_by_the_loss_at_the_start(losses: list[float], stops: bool) -> None:
    assert diverges(losses, 4.0) is stops


def test_few_batches_are_gone_through_again_and_again() -> None:
    model = make_model()
    seen: list[torch.Tensor] = []
    model.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    batches = [(torch.randn(4, 6), torch.tensor([0, 1, 2, 0])) for _ in range(3)]
    trainlint.find_lr(model, OPTIMIZERS["sgd"](model), LOSS, batches, steps=10, end_lr=1e-3)
    assert [next(i for i, (inputs, _) in enumerate(batches) if inputs is each) for each in seen] == [0, 1, 2] * 3 + [0]


class Pair(NamedTuple):
    inputs: torch.Tensor
    targets: torch.Tensor


class Named(Dataset[Any]):
    def __len__(self) -> int:
        return 24

    def __getitem__(self, place: int) -> dict[str, torch.Tensor]:
        return {"inputs": torch.full((6,), place / 24), "labels": torch.tensor(place % 3)}


class WithLoss(nn.Module):
    """A model that computes its own loss, in one of the ways in which they give it."""

    def __init__(self, give: Callable[[torch.Tensor], Any]) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 3)
        self.give = give

    def forward(self, inputs: torch.Tensor, labels: torch.Tensor) -> Any:
        return self.give(LOSS(self.layer(inputs), labels))


def test_every_form_of_batch_gives_the_same_losses() -> None:
    def losses(model: nn.Module, loss_fn: Any, loader: Any, **options: Any) -> tuple[float, ...]:
        layer = model.layer if isinstance(model, WithLoss) else model
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.fill_(0.1)
        optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
        return trainlint.find_lr(model, optimizer, loss_fn, loader, steps=12, end_lr=0.1, **options).losses

    named = DataLoader(Named(), batch_size=8)
    pairs = [(batch["inputs"], batch["labels"]) for batch in named]
    expected = losses(nn.Linear(6, 3), LOSS, pairs)
    assert len(set(expected)) > 6
    gives: list[Callable[[torch.Tensor], Any]] = [
        lambda loss: loss,
        lambda loss: {"loss": loss},
        lambda loss: SimpleNamespace(loss=loss),
    ]
    for give in gives:
        assert losses(WithLoss(give), None, named) == expected
        assert losses(WithLoss(give), None, pairs) == expected
    assert losses(nn.Linear(6, 3), LOSS, [Pair(*pair) for pair in pairs]) == expected
    assert losses(nn.Linear(6, 3), LOSS, [list(pair) for pair in pairs]) == expected
    model = WithLoss(lambda loss: loss)
    assert losses(model, lambda outputs, batch: outputs + 0 * batch["labels"].sum(), named) == expected
    assert (
        losses(model, lambda outputs, last: outputs + 0 * last, [(*pair, torch.ones(())) for pair in pairs]) == expected
    )
    linear = nn.Linear(6, 3)
    assert losses(linear, None, named, batch_loss=lambda b: LOSS(linear(b["inputs"]), b["labels"])) == expected


def test_a_step_that_the_scaler_skips_is_taken_again_at_the_same_rate() -> None:
    plain, scaled = (nn.Linear(6, 3) for _ in range(2))
    scaled.load_state_dict(plain.state_dict())
    batches = [next(iter(make_loader()))]
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127, growth_interval=1000)
    stepped: list[float] = []
    optimizer = OPTIMIZERS["sgd"](scaled)
    optimizer.register_step_post_hook(lambda self, *_: stepped.append(self.param_groups[0]["lr"]))
    big = lambda outputs, targets: LOSS(outputs, targets) * 64  # noqa: E731 - its gradients overflow in float32
    found = trainlint.find_lr(scaled, optimizer, big, batches, steps=20, scaler=scaler)
    assert stepped == list(found.rates)
    assert scaler.get_scale() == 2.0**127
    unscaled = trainlint.find_lr(plain, OPTIMIZERS["sgd"](plain), big, batches, steps=20)
    assert found.losses == pytest.approx(unscaled.losses, rel=1e-4)


def test_gradients_that_no_scale_makes_finite_end_it() -> None:
    model = nn.Linear(6, 3)

    def loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        steep = torch.sqrt(outputs * 0).sum()  # its derivative at 0 is infinite
        return LOSS(outputs, targets) + steep

    with pytest.raises(UsageError, match="gradients were not finite at a rate of 1e-07, at any loss scale"):
        trainlint.find_lr(model, OPTIMIZERS["sgd"](model), loss, make_loader(), scaler=torch.amp.GradScaler("cpu"))


def test_groups_keep_their_proportion_also_from_a_warmup_that_starts_at_zero() -> None:
    model = make_model()
    head, body = model.layers[4].parameters(), model.layers[0].parameters()
    optimizer = torch.optim.SGD([{"params": body, "lr": 0.01}, {"params": head, "lr": 0.1}])
    torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: step / 10)
    assert [group["lr"] for group in optimizer.param_groups] == [0, 0]
    seen: list[tuple[float, float]] = []
    optimizer.register_step_pre_hook(lambda self, *_: seen.append(tuple(g["lr"] for g in self.param_groups)))
    found = trainlint.find_lr(model, optimizer, LOSS, make_loader(), steps=15, end_lr=1e-2)
    assert [high for _, high in seen] == list(found.rates)
    assert [low for low, _ in seen] == pytest.approx([high / 10 for _, high in seen])
    assert [group["lr"] for group in optimizer.param_groups] == [0, 0]


def test_gradients_are_clipped_as_in_training() -> None:
    model = nn.Linear(6, 3)
    norms: list[float] = []
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def note(*_: object) -> None:
        grads = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
        norms.append(math.sqrt(sum(grad.square().sum().item() for grad in grads)))

    optimizer.register_step_pre_hook(note)
    for scaler in (None, torch.amp.GradScaler("cpu", init_scale=2.0**10)):
        norms.clear()
        trainlint.find_lr(model, optimizer, LOSS, make_loader(), steps=10, max_norm=0.01, scaler=scaler)
        assert norms == pytest.approx([0.01] * len(norms), rel=1e-3)
        assert len(norms) == 10


def test_what_cannot_be_is_said() -> None:
    model = make_model()
    sgd = OPTIMIZERS["sgd"](model)
    loader = make_loader()
    cases: list[tuple[str, Callable[[], object]]] = [
        ("expected 0 < start_lr < end_lr", lambda: trainlint.find_lr(model, sgd, LOSS, loader, start_lr=1, end_lr=1)),
        ("steps=9 and accumulate=1: expected at", lambda: trainlint.find_lr(model, sgd, LOSS, loader, steps=9)),
        ("the loader is an iterator", lambda: trainlint.find_lr(model, sgd, LOSS, iter(loader))),
        ("the loader gave no batch", lambda: trainlint.find_lr(model, sgd, LOSS, [])),
        ("LBFGS computes", lambda: trainlint.find_lr(model, torch.optim.LBFGS(model.parameters()), LOSS, loader)),
        ("lazy layers", lambda: trainlint.find_lr(nn.LazyLinear(3), sgd, LOSS, loader)),
        ("tensor of shape (8,), expected a tensor with one", lambda: trainlint.find_lr(
            model, sgd, nn.CrossEntropyLoss(reduction="none"), loader)),
        ("does not depend on any parameter", lambda: trainlint.find_lr(
            model, sgd, lambda outputs, targets: LOSS(outputs.detach(), targets), loader)),
        ("gave a tensor of shape (8, 6), expected (inputs, targets)", lambda: trainlint.find_lr(
            model, sgd, LOSS, [torch.randn(8, 6)])),
    ]  # fmt: skip
    for message, call in cases:
        with pytest.raises(UsageError) as caught:
            call()
        assert message in str(caught.value)


def test_it_trains_although_gradients_are_switched_off_around_it() -> None:
    model = make_model()
    with torch.no_grad():
        found = trainlint.find_lr(model, OPTIMIZERS["sgd"](model), LOSS, make_loader(), steps=10)
    assert len(found.losses) == 10
