"""Range tests side by side, on the same models, batches and rates: what they suggest, and what they leave behind.

`python benchmarks/lr_finders.py` runs `trainlint.find_lr`, and of torch-lr-finder, Lightning (`pytorch-lightning`) and
fastai those that are installed. For each suggestion, the network is then trained by it for a few epochs: the loss tells
how good it is.
"""

from __future__ import annotations

import copy
import importlib.util
import io
import logging
import random
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_diabetes, load_digits
from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer
from torch.utils.data import DataLoader, TensorDataset

import trainlint

FIRST, LAST, STEPS, EPOCHS = 1e-7, 10.0, 100, 5
Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Task = tuple[nn.Module, Loss, DataLoader[Any]]


def mlp() -> Task:
    """Digits by a plain network."""
    images, labels = load_digits(return_X_y=True)
    data = TensorDataset(torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels))
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    return model, nn.CrossEntropyLoss(), DataLoader(data, batch_size=32, shuffle=True, drop_last=True)


def cnn() -> Task:
    """Digits by a convolution with batch norm."""
    images, labels = load_digits(return_X_y=True)
    data = TensorDataset(torch.tensor(images, dtype=torch.float32).view(-1, 1, 8, 8) / 16, torch.tensor(labels))
    layers = [nn.Conv2d(1, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    model = nn.Sequential(*layers, nn.Dropout(0.2), nn.Linear(512, 10))
    return model, nn.CrossEntropyLoss(), DataLoader(data, batch_size=64, shuffle=True, drop_last=True)


def regression() -> Task:
    """Diabetes by a deep tanh network."""
    inputs, targets = load_diabetes(return_X_y=True, scaled=True)
    targets = (targets - targets.mean()) / targets.std()
    data = TensorDataset(
        torch.tensor(inputs * 20, dtype=torch.float32), torch.tensor(targets[:, None], dtype=torch.float32)
    )
    model = nn.Sequential(nn.Linear(10, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
    return model, nn.MSELoss(), DataLoader(data, batch_size=32, shuffle=True, drop_last=True)


TASKS = (mlp, cnn, regression)
OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {"SGD": partial(SGD, momentum=0.9), "Adam": Adam, "AdamW": AdamW}


def by_trainlint(task: Task, optimizer: Optimizer) -> dict[str, float | None]:
    """Run `trainlint.find_lr`."""
    model, criterion, loader = task
    found = trainlint.find_lr(model, optimizer, criterion, loader, start_lr=FIRST, end_lr=LAST, steps=STEPS)
    return {"valley": found.valley, "steepest": found.steepest}


def by_torch_lr_finder(task: Task, optimizer: Optimizer) -> dict[str, float | None]:
    """Run torch-lr-finder as its page shows it."""
    import matplotlib as mpl  # noqa: PLC0415 - a peer, perhaps not installed

    mpl.use("Agg")
    from torch_lr_finder import LRFinder  # noqa: PLC0415

    model, criterion, loader = task
    finder = LRFinder(model, optimizer, criterion)
    finder.range_test(loader, start_lr=FIRST, end_lr=LAST, num_iter=STEPS)
    _, rate = finder.plot(suggest_lr=True)
    finder.reset()
    return {"steepest": float(rate)}


def by_lightning(task: Task, optimizer: Optimizer) -> dict[str, float | None]:
    """Run Lightning's tuner."""
    import pytorch_lightning as pl  # noqa: PLC0415
    from pytorch_lightning.tuner import Tuner  # noqa: PLC0415

    model, criterion, loader = task

    class Module(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model, self.lr = model, 1e-3

        def training_step(self, batch: Any, index: int) -> torch.Tensor:
            return criterion(self.model(batch[0]), batch[1])

        def configure_optimizers(self) -> Optimizer:
            for group in optimizer.param_groups:
                group["lr"] = self.lr
            return optimizer

    trainer = pl.Trainer(
        accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False, max_epochs=10
    )
    finder = Tuner(trainer).lr_find(
        Module(), train_dataloaders=loader, min_lr=FIRST, max_lr=LAST, num_training=STEPS, update_attr=False
    )
    return {"steepest": finder.suggestion() if finder else None}


def by_fastai(task: Task, optimizer: Optimizer) -> dict[str, float | None]:
    """Run fastai's `lr_find`; its learner makes the optimizer."""
    from fastai.callback.schedule import steep, valley  # noqa: PLC0415
    from fastai.data.core import DataLoaders  # noqa: PLC0415
    from fastai.learner import Learner  # noqa: PLC0415
    from fastai.optimizer import OptimWrapper  # noqa: PLC0415

    model, criterion, loader = task
    settings = {name: value for name, value in optimizer.defaults.items() if name == "momentum"}
    make = partial(OptimWrapper, opt=partial(type(optimizer), **settings))
    learner = Learner(DataLoaders(loader, loader), model, loss_func=criterion, opt_func=make)
    with learner.no_bar(), learner.no_logging():
        found = learner.lr_find(FIRST, LAST, STEPS, suggest_funcs=(valley, steep), show_plot=False)
    return {"valley": float(found.valley), "steepest": float(found.steep)}


FINDERS = {
    "trainlint": ("trainlint", by_trainlint),
    "torch-lr-finder": ("torch_lr_finder", by_torch_lr_finder),
    "Lightning": ("pytorch_lightning", by_lightning),
    "fastai": ("fastai", by_fastai),
}


def state(task: Task, optimizer: Optimizer) -> dict[str, Any]:
    """Return copies of what a range test should leave alone."""
    model = task[0]
    return {
        "weights": [parameter.detach().clone() for parameter in model.parameters()],
        "buffers": [buffer.clone() for buffer in model.buffers()],
        "modes": [torch.tensor(module.training) for module in model.modules()],
        "optimizer": [torch.tensor([group["lr"], len(optimizer.state)]) for group in optimizer.param_groups],
        "random state": [
            torch.get_rng_state(),
            torch.tensor(random.getstate()[1]),
            torch.tensor(np.random.get_state()[1].astype(np.int64)),  # type: ignore[index,union-attr]
        ],
    }


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return the names of what differs."""
    return [name for name in before if not all(map(torch.equal, before[name], after[name]))]


def trained(task: Task, make: Callable[..., Optimizer], rate: float) -> float:
    """Train with a constant rate; return the mean loss of the last epoch."""
    model, criterion, loader = task
    optimizer = make(model.parameters(), lr=rate)
    torch.manual_seed(1)
    losses: list[float] = []
    for _ in range(EPOCHS):
        losses.clear()
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = criterion(model(inputs), targets)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return sum(losses) / len(losses)


def main() -> None:
    """Print one line for each suggestion."""
    warnings.simplefilter("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    torch.set_num_threads(1)
    print(f"{'task':<11} {'optimizer':<9} {'finder':<16} {'kind':<9} {'rate':>8} {'loss':>7}  left behind")
    for make_task, (name, make) in product(TASKS, OPTIMIZERS.items()):
        for finder, (package, find) in FINDERS.items():
            if importlib.util.find_spec(package) is None:
                continue
            torch.manual_seed(0)
            random.seed(0)
            np.random.seed(0)
            task = make_task()
            fresh = copy.deepcopy(task)
            optimizer = make(task[0].parameters(), lr=1e-3)
            before = state(task, optimizer)
            with redirect_stdout(io.StringIO()):
                suggested = find(task, optimizer)
            left = ", ".join(changed(before, state(task, optimizer))) or "nothing"
            for kind, rate in suggested.items():
                loss = "-" if rate is None else f"{trained(copy.deepcopy(fresh), make, rate):.4f}"
                shown = "-" if rate is None else f"{rate:.2e}"
                print(
                    f"{make_task.__name__:<11} {name:<9} {finder:<16} {kind:<9} {shown:>8} {loss:>7}  {left}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
