"""Small real training loops, watched and not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn.utils import clip_grad_norm_  # noqa: E402
from torch.optim import Optimizer  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

from trainlint.rule import Rule  # noqa: E402
from trainlint.run import Run, load_run  # noqa: E402
from trainlint.watch.session import Watch  # noqa: E402


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Watched:
    """Watches models with given rules and without a word, and reads the run back."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.said: list[str] = []

    def __call__(self, *models: nn.Module, rules: tuple[Rule, ...] = (), **options: Any) -> Watch:
        return Watch(models, self.path, rules, say=self.said.append, show=lambda run: None, **options)

    def run(self) -> Run:
        return load_run(self.path)


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path / "run.sqlite")


def make_model() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(4 * 8 * 8, 10),
    )


def make_loader(samples: int = 160, batch_size: int = 16) -> DataLoader[Any]:
    images = torch.randn(samples, 1, 8, 8)
    return DataLoader(TensorDataset(images, torch.randint(10, (samples,))), batch_size=batch_size, shuffle=True)


def train(model: nn.Module, optimizer: Optimizer, *, steps: int = 50, amp: bool = False) -> list[float]:
    """Train with schedule and clipping, with `amp` under autocast with loss scaling; return the losses."""
    loader = make_loader()
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.05, total_steps=steps + 1)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10, enabled=amp)
    criterion = nn.CrossEntropyLoss()
    losses: list[float] = []
    while True:
        for images, labels in loader:
            optimizer.zero_grad()
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=amp):
                loss = criterion(model(images), labels)
            scaler.scale(loss).backward()
            scaler.unscale_(optimizer)
            clip_grad_norm_(model.parameters(), 0.5)
            scaler.step(optimizer)
            scaler.update()
            scheduler.step()
            losses.append(loss.item())
            if len(losses) == steps:
                return losses
