"""Small models, and all of their state as plain values to compare."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import Generator, Tensor, nn  # noqa: E402
from torch.optim import Optimizer  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Counting(nn.Module):
    """Batch norm, dropout, noise of NumPy's, a buffer outside of the state dict, and attributes that change."""

    running: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 3))
        self.frozen = nn.BatchNorm1d(6)
        self.register_buffer("running", torch.zeros(3), persistent=False)
        self.calls = 0
        self.history: list[float] = []
        self.generator = Generator().manual_seed(9)

    def forward(self, inputs: Tensor) -> Tensor:
        self.calls += 1
        self.history.append(random.random())
        noise = torch.rand(inputs.shape, generator=self.generator) * float(np.random.rand()) * 0.1
        outputs: Tensor = self.layers(self.frozen(inputs + noise))
        self.running = 0.9 * self.running + outputs.detach().mean(0)  # another tensor each time
        self.last = outputs.detach()
        return outputs


def make_model(seed: int = 0) -> Counting:
    torch.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed)
    model = Counting()
    model.frozen.eval()
    return model


def make_loader(samples: int = 40, batch_size: int = 8, **options: Any) -> DataLoader[Any]:
    chance = Generator().manual_seed(5)
    inputs = torch.randn(samples, 6, generator=chance)
    targets = (inputs @ torch.randn(6, 3, generator=chance)).argmax(1)
    return DataLoader(TensorDataset(inputs, targets), batch_size=batch_size, **({"shuffle": True} | options))


Make = Callable[[nn.Module], Optimizer]
OPTIMIZERS: dict[str, Make] = {
    "sgd": lambda model: torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9),
    "adam": lambda model: torch.optim.Adam(model.parameters(), lr=0.01),
    "adamw-fused": lambda model: torch.optim.AdamW(model.parameters(), lr=0.01, fused=True, amsgrad=True),
    "adam-tensor-rate": lambda model: torch.optim.Adam(model.parameters(), lr=torch.tensor(0.01), foreach=False),
}


def values(thing: Any) -> Any:
    """Return state as values that compare bit by bit; tensors with their identity, as nobody may replace them."""
    if isinstance(thing, Tensor):
        grad = None if not thing.is_leaf or thing.grad is None else values(thing.grad)
        return id(thing), thing.dtype, bits(thing), thing.requires_grad, grad
    if isinstance(thing, np.ndarray):
        return thing.dtype.str, thing.tobytes()
    if isinstance(thing, Generator):
        return bits(thing.get_state())
    if isinstance(thing, dict):
        return [(id(key) if isinstance(key, Tensor) else key, values(value)) for key, value in thing.items()]
    if isinstance(thing, (list, tuple)):
        return [values(part) for part in thing]
    if isinstance(thing, nn.Module):
        return values(vars(thing))
    if isinstance(thing, (Optimizer, torch.amp.GradScaler)):
        return values({name: part for name, part in vars(thing).items() if name != "step"})
    if isinstance(thing, torch.optim.lr_scheduler.LRScheduler):
        return values(vars(thing))
    return thing


def bits(tensor: Tensor) -> bytes:
    return bytes(tensor.detach().contiguous().reshape(-1).view(torch.uint8).tolist())


def randomness() -> Any:
    return values([bits(torch.get_rng_state()), random.getstate(), np.random.get_state()])
