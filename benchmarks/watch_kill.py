"""What a run file keeps when the training process is killed with SIGKILL at a random moment.

    python benchmarks/watch_kill.py [--times 100] [--seed 0]

Each child trains a small model under watch and tells how far it is; it is killed up to three seconds later. The
file must open, and what it lacks must be younger than a second. Exit code 1 where that is not so.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import statistics
import struct
import sys
import tempfile
import time
from mmap import mmap
from pathlib import Path

import torch

from trainlint.run import load_run
from trainlint.watch.session import Watch

ALLOWED_S = 1.0
_PROGRESS = struct.Struct("=qd")  # steps taken, seconds of the run so far


def train(path: Path, progress: mmap) -> None:
    """Train until the end of the process, telling after each step how far it is."""
    model = torch.nn.Sequential(torch.nn.Linear(8, 32), torch.nn.ReLU(), torch.nn.Linear(32, 4))
    optimizer = torch.optim.AdamW(model.parameters())
    inputs = torch.randn(16, 8)
    with Watch([model], path, ()) as run:
        started = time.perf_counter()
        for step in range(1, sys.maxsize):
            optimizer.zero_grad()
            model(inputs).square().mean().backward()
            optimizer.step()
            run.log(step=step)
            progress[:] = _PROGRESS.pack(step, time.perf_counter() - started)


def kill_one(path: Path, after_s: float) -> tuple[int, float]:
    """Kill a run after so long; return how many steps it took, and how many seconds of them are lost.

    Raises:
        UsageError: the file does not open.
    """
    progress = mmap(-1, _PROGRESS.size)
    child = os.fork()
    if child == 0:
        train(path, progress)
    while not any(progress[:]):  # the first step may take long on a busy machine
        time.sleep(0.001)
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    steps, elapsed = _PROGRESS.unpack(progress[:])
    run = load_run(path)
    assert run.steps.step == list(range(len(run.steps))), "a step is missing in the middle"
    kept = run.steps.time_s[-1] if len(run.steps) else 0.0
    return steps, max(0.0, elapsed - kept)


def main() -> int:
    """Kill runs and print what was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    moments = random.Random(options.seed)
    lost, taken = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.times):
            # Half of them early, where the tables and the first rows are written.
            after_s = moments.uniform(0, 3 if number % 2 else 0.3)
            steps, seconds = kill_one(Path(folder) / f"{number}.sqlite", after_s)
            lost.append(seconds)
            taken += steps
    print(
        f"{options.times} runs killed after {taken:,} steps in all; every file opens; lost at most {max(lost):.2f} s, "
        f"median {statistics.median(lost):.2f} s"
    )
    return int(max(lost) > ALLOWED_S)


if __name__ == "__main__":
    sys.exit(main())
