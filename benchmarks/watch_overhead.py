"""What `trainlint.watch` costs a training step.

    python benchmarks/watch_overhead.py [--only mlp] [--pairs 30] [--threads 1]

Blocks of steps are timed bare and watched, in random order, on the same model; the cost is the median
difference of the pairs. The control is a second bare block in each pair: it says how far a cost is from
noise. The time to enter and leave the watch, the first step included, is told apart.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch
from torch import nn

from trainlint.watch.session import Watch

Step = Callable[[], None]


def mlp() -> tuple[nn.Module, Step, int]:
    """Six tensors: what a step costs when training itself costs next to nothing."""
    model = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    return model, _step(model, torch.randn(32, 32), torch.randint(10, (32,))), 200


def cnn() -> tuple[nn.Module, Step, int]:
    """A small convolutional net with batch norm."""
    layers: list[nn.Module] = []
    for inputs, outputs in ((3, 32), (32, 64), (64, 64), (64, 128)):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if outputs > inputs else []
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * 16, 10))
    return model, _step(model, torch.randn(32, 3, 32, 32), torch.randint(10, (32,))), 6


def transformer() -> tuple[nn.Module, Step, int]:
    """A small transformer encoder."""
    layer = nn.TransformerEncoderLayer(128, 4, 512, dropout=0.1, batch_first=True, norm_first=True)
    encoder = nn.TransformerEncoder(layer, 4, enable_nested_tensor=False)
    model = nn.Sequential(nn.Embedding(1000, 128), encoder, nn.Flatten(), nn.Linear(128 * 64, 10))
    return model, _step(model, torch.randint(1000, (16, 64)), torch.randint(10, (16,))), 6


def _step(model: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Step:
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda _: 1.0)

    def step() -> None:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs), targets)
        loss.backward()
        optimizer.step()
        scheduler.step()

    return step


def block(step: Step, steps: int, context: AbstractContextManager[object]) -> tuple[float, float]:
    """Return the seconds a step, and the seconds to enter and leave the context."""
    entering = time.perf_counter()
    with context:
        step()  # the first step finds things out; it belongs to entering
        started = time.perf_counter()
        for _ in range(steps):
            step()
        ended = time.perf_counter()
    return (ended - started) / steps, time.perf_counter() - ended + started - entering


def measure(name: str, pairs: int, folder: Path) -> str:
    """Return a row of the table for one model."""
    torch.manual_seed(0)
    model, step, steps = WORKLOADS[name]()
    for _ in range(3):
        step()
    shuffle = random.Random(0)
    bare, costs, control, edges = [], [], [], []
    for pair in range(pairs):
        contexts: dict[str, AbstractContextManager[object]] = {
            "bare": nullcontext(),
            "control": nullcontext(),
            "watched": Watch([model], folder / f"{name}-{pair}.sqlite", (), show=lambda _: None),
        }
        times = {}
        for kind in shuffle.sample(list(contexts), 3):
            times[kind], edge = block(step, steps, contexts[kind])
            if kind == "watched":
                edges.append(edge - times[kind])
        bare.append(times["bare"])
        costs.append(times["watched"] - times["bare"])
        control.append(times["control"] - times["bare"])
    base, cost, noise = map(statistics.median, (bare, costs, control))
    return (
        f"{name:<12}{base * 1e3:>10.3f}{cost * 1e6:>12.1f}{cost / base:>9.2%}"
        f"{noise * 1e6:>12.1f}{noise / base:>9.2%}{statistics.median(edges) * 1e3:>14.1f}"
    )


WORKLOADS = {"mlp": mlp, "cnn": cnn, "transformer": transformer}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=list(WORKLOADS), action="append")
    parser.add_argument("--pairs", type=int, default=30)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"torch {torch.__version__}, Python {sys.version.split()[0]}, {options.threads} thread(s)")
    print(f"{'':<12}{'bare':>10}{'watch costs':>21}{'control (A/A)':>21}{'enter + leave':>14}")
    print(f"{'':<12}{'ms/step':>10}{'µs/step':>12}{'':>9}{'µs/step':>12}{'':>9}{'ms':>14}")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.only or WORKLOADS:
            print(measure(name, options.pairs, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
