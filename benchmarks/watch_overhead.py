"""What `trainlint.watch` costs a training step.

    python benchmarks/watch_overhead.py [--only mlp] [--pairs 30] [--threads 1]

Blocks of steps are timed bare and watched, in random order, on the same model; the cost is the median
difference of the pairs, in CPU time of the whole process (the writer's thread included) and in wall time. The
control is a second bare block in each pair: it says how far a cost is from noise. On a machine that others use
as well, CPU time is the one to read. The time to enter and leave the watch, the first step included, is told
apart.
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
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from trainlint.watch.session import Watch

Step = Callable[[], None]


def mlp() -> tuple[nn.Module, Step, int]:
    """Six tensors: what a step costs when training itself costs next to nothing."""
    model = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    return model, _step(model, torch.randn(32, 32), torch.randint(10, (32,))), 200


def deep() -> tuple[nn.Module, Step, int]:
    """A hundred layers: many small tensors."""
    layers = [part for _ in range(100) for part in (nn.Linear(32, 32), nn.ReLU())]
    model = nn.Sequential(*layers, nn.Linear(32, 10))
    for parameter in model.parameters():
        if parameter.dim() > 1:  # else gradients vanish, and a norm over denormal numbers takes five times as long
            nn.init.kaiming_normal_(parameter, nonlinearity="relu")
    return model, _step(model, torch.randn(32, 32), torch.randint(10, (32,))), 30


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


@dataclass(frozen=True)
class Times:
    """Seconds a step, on the processor and on the wall, and seconds to enter and leave the context."""

    cpu: float
    wall: float
    edge: float


def block(step: Step, steps: int, context: AbstractContextManager[object]) -> Times:
    """Time a block of steps in a context."""
    entering = time.perf_counter()
    with context:
        step()  # the first step finds things out; it belongs to entering
        started, cpu_started = time.perf_counter(), time.process_time()
        for _ in range(steps):
            step()
        ended, cpu_ended = time.perf_counter(), time.process_time()
    edge = time.perf_counter() - ended + started - entering
    return Times((cpu_ended - cpu_started) / steps, (ended - started) / steps, edge)


def measure(name: str, pairs: int, folder: Path) -> str:
    """Return a row of the table for one model."""
    torch.manual_seed(0)
    model, step, steps = WORKLOADS[name]()
    for _ in range(3):
        step()
    shuffle = random.Random(0)
    found: dict[str, list[Times]] = {"bare": [], "control": [], "watched": []}
    for pair in range(pairs):
        contexts: dict[str, AbstractContextManager[object]] = {
            "bare": nullcontext(),
            "control": nullcontext(),
            "watched": Watch([model], folder / f"{name}-{pair}.sqlite", (), show=lambda _: None),
        }
        for kind in shuffle.sample(list(contexts), 3):
            found[kind].append(block(step, steps, contexts[kind]))
    row = f"{name:<12}"
    for clock in ("cpu", "wall"):
        bare, control, watched = ([getattr(times, clock) for times in found[kind]] for kind in found)
        base = statistics.median(bare)
        row += f"{base * 1e3:>10.3f}"
        for other in (watched, control):
            cost = statistics.median(one - two for one, two in zip(other, bare, strict=True))
            row += f"{cost * 1e6:>10.1f}{cost / base:>8.2%}"
    edges = [seen.edge - bare.wall for seen, bare in zip(found["watched"], found["bare"], strict=True)]
    return f"{row}{statistics.median(edges) * 1e3:>9.1f}"


WORKLOADS = {"mlp": mlp, "deep": deep, "cnn": cnn, "transformer": transformer}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=list(WORKLOADS), action="append")
    parser.add_argument("--pairs", type=int, default=30)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"torch {torch.__version__}, Python {sys.version.split()[0]}, {options.threads} thread(s)")
    clock = f"{'bare ms':>10}{'watch adds µs':>18}{'control µs':>18}"
    print(f"{'':<12}{'CPU time a step':<46}{'wall time a step':<46}{'edges':>9}")
    print(f"{'':<12}{clock}{clock}{'ms':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.only or WORKLOADS:
            print(measure(name, options.pairs, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
