"""After `find_lr` nothing is other than before, to the bit, whatever happened in between."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, IterableDataset

import trainlint
from tests.lr.conftest import OPTIMIZERS, Make, make_loader, make_model, randomness, values

LOSS: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = nn.CrossEntropyLoss()


def train(
    model: nn.Module, optimizer: Any, loader: DataLoader[Any], *, scaler: Any = None, steps: int = 7, amp: bool = False
) -> list[float]:
    losses: list[float] = []
    scaler = scaler or torch.amp.GradScaler("cpu", enabled=False)
    while len(losses) < steps:
        for inputs, targets in loader:
            optimizer.zero_grad()
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=amp):
                loss = LOSS(model(inputs), targets)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            losses.append(loss.item())
    return losses


@pytest.mark.parametrize("trained_before", [0, 7], ids=["at-the-start", "in-the-middle"])
@pytest.mark.parametrize("amp", [False, True], ids=["float32", "amp"])
@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_training_afterwards_is_that_without_it(make: Make, amp: bool, trained_before: int) -> None:
    ends = []
    for search in (False, True):
        model = make_model()
        optimizer = make(model)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.02, total_steps=40)
        scaler = torch.amp.GradScaler("cpu", init_scale=2.0**12, growth_interval=3) if amp else None
        loader = make_loader(generator=torch.Generator().manual_seed(1))
        losses = train(model, optimizer, loader, scaler=scaler, steps=trained_before, amp=amp)
        if trained_before:
            schedule.step()
        if search:
            seen = (model, optimizer, schedule, scaler, loader.generator)
            before = values(seen), randomness(), vars(loader).copy()
            found = trainlint.find_lr(
                model,
                optimizer,
                LOSS,
                loader,
                steps=40,
                accumulate=2,
                max_norm=1.0,
                autocast=torch.bfloat16 if amp else None,
                scaler=scaler,
            )
            assert len(found.losses) > 20
            assert max(found.rates) > 0.1
            assert (values(seen), randomness(), vars(loader)) == before
        losses += train(model, optimizer, loader, scaler=scaler, amp=amp)
        state = [tensor.clone() for tensor in (*model.state_dict().values(), model.running, model.last)]
        ends.append((losses, state, model.calls, model.history, random.random(), torch.rand(1).item()))
    (losses, state, *rest), (losses_after, state_after, *rest_after) = ends
    assert losses == losses_after
    assert all(map(torch.equal, state, state_after))
    assert rest == rest_after


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_exception_passes_through_and_leaves_nothing(error: type[BaseException]) -> None:
    model = make_model()
    optimizer = OPTIMIZERS["adam"](model)
    scaler = torch.amp.GradScaler("cpu")
    loader = make_loader()
    train(model, optimizer, loader)
    before = values((model, optimizer, scaler)), randomness()
    raised = error("the user's own")
    calls = []

    def failing(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        if len(calls) == 12:
            raise raised
        return LOSS(outputs, targets)

    with pytest.raises(error) as caught:
        trainlint.find_lr(model, optimizer, failing, loader, scaler=scaler, start_lr=1e-3, end_lr=1.0)
    assert caught.value is raised
    assert len(calls) == 12
    assert (values((model, optimizer, scaler)), randomness()) == before


def test_gradients_that_are_there_already_stay() -> None:
    model = make_model()
    optimizer = OPTIMIZERS["sgd"](model)
    LOSS(model(torch.randn(8, 6)), torch.randint(3, (8,))).backward()
    model.layers[0].bias.grad = None
    grads = [parameter.grad for parameter in model.parameters()]
    before = values(model)
    trainlint.find_lr(model, optimizer, LOSS, make_loader(), steps=20)
    assert values(model) == before
    assert all(parameter.grad is grad for parameter, grad in zip(model.parameters(), grads, strict=True))


def test_modes_stay_and_the_test_trains_in_them() -> None:
    model = make_model()
    modes: list[tuple[bool, bool]] = []
    model.register_forward_hook(lambda *_: modes.append((model.training, model.frozen.training)))
    trainlint.find_lr(model, OPTIMIZERS["sgd"](model), LOSS, make_loader(), steps=10)
    assert set(modes) == {(True, False)}
    assert (model.training, model.frozen.training) == (True, False)
    model.eval()
    modes.clear()
    trainlint.find_lr(model, OPTIMIZERS["sgd"](model), LOSS, make_loader(), steps=10)
    assert set(modes) == {(True, True)}
    assert not any(part.training for part in model.modules())


def test_the_warning_about_a_scheduler_that_leads_is_not_lost() -> None:
    model = make_model()
    optimizer = OPTIMIZERS["sgd"](model)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 3)
    trainlint.find_lr(model, optimizer, LOSS, make_loader(), steps=10)
    with pytest.warns(UserWarning, match="before `optimizer.step"):
        schedule.step()


class Augmented(Dataset[Any]):
    """Draws from generators of its own, and counts."""

    def __init__(self) -> None:
        self.inner = make_loader().dataset
        self.torch_chance = torch.Generator().manual_seed(1)
        self.numpy_chance = np.random.default_rng(2)
        self.old_numpy_chance = np.random.RandomState(3)
        self.chance = random.Random(4)
        self.given = 0

    def __len__(self) -> int:
        return 40

    def __getitem__(self, place: int) -> Any:
        self.given += 1
        inputs, target = self.inner[place]
        noise = self.numpy_chance.random() + self.old_numpy_chance.rand() + self.chance.random()
        return inputs + noise * torch.rand(6, generator=self.torch_chance), target


class Stream(IterableDataset[Any]):
    """Goes on where it stopped."""

    def __init__(self) -> None:
        self.position = 0

    def __iter__(self) -> Iterator[Any]:
        for _ in range(16):
            self.position += 1
            yield torch.full((6,), float(self.position)), self.position % 3


class OwnLoader:
    """No loader of torch's."""

    def __init__(self) -> None:
        self.epoch = 0
        self.chance = random.Random(1)

    def __iter__(self) -> Iterator[Any]:
        self.epoch += 1
        for _ in range(3):
            yield torch.full((4, 6), self.chance.random()), torch.tensor([0, 1, 2, self.epoch % 3])


def weighted() -> DataLoader[Any]:
    sampler = torch.utils.data.WeightedRandomSampler(torch.rand(40).tolist(), 24, generator=torch.Generator())
    return make_loader(shuffle=False, sampler=sampler)


@pytest.mark.parametrize(
    "make",
    [
        lambda: DataLoader(Augmented(), batch_size=8, shuffle=True, generator=torch.Generator()),
        lambda: DataLoader(torch.utils.data.Subset(Augmented(), range(20)), batch_size=5),
        lambda: DataLoader(Stream(), batch_size=8),
        OwnLoader,
        weighted,
        make_loader,
    ],
    ids=["augmented", "subset", "stream", "own-loader", "sampler", "shuffled"],
)
def test_the_loader_gives_the_batches_that_it_would_have_given(make: Callable[[], Any]) -> None:
    given = []
    for search in (False, True):
        model = make_model()
        loader = make()
        list(loader)
        if search:
            trainlint.find_lr(model, OPTIMIZERS["sgd"](model), LOSS, loader, steps=12)
        given.append([part for batch in (*loader, *loader) for part in batch])
    assert all(map(torch.equal, *given))


def test_workers_that_live_on_are_left_alone() -> None:
    given = []
    for search in (False, True):
        model = make_model()
        loader = DataLoader(Augmented(), batch_size=8, num_workers=1, persistent_workers=True)
        list(loader)
        workers = loader._iterator
        if search:
            trainlint.find_lr(model, OPTIMIZERS["sgd"](model), LOSS, loader, steps=12)
        assert loader._iterator is workers
        given.append([part for batch in loader for part in batch])
    assert all(map(torch.equal, *given))


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")
def test_a_scripted_model_and_a_loss_with_state_are_put_back() -> None:
    model = torch.jit.script(nn.Sequential(nn.Linear(6, 3), nn.BatchNorm1d(3)).eval())

    class Centred(nn.Module):
        centre: torch.Tensor

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("centre", torch.zeros(3))

        def forward(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
            self.centre.add_(outputs.detach().mean(0))
            return LOSS(outputs - self.centre, targets)

    loss = Centred()
    before = values((list(model.parameters()), list(model.buffers()), loss))
    trainlint.find_lr(model, OPTIMIZERS["sgd"](model), loss, make_loader(), steps=12)
    assert values((list(model.parameters()), list(model.buffers()), loss)) == before
    assert not any(part.training for part in model.modules())
