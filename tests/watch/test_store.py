"""The run file: readable while it grows, after a kill, and never in the way of training."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.conftest import CHECKOUT
from tests.watch.conftest import Watched, make_model, train
from trainlint.run import load_run
from trainlint.watch import flight, store
from trainlint.watch.store import Store

ENDLESS = """
import sys, torch, trainlint
torch.set_num_threads(1)
model = torch.nn.Linear(4, 4)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
with trainlint.watch(model, path=sys.argv[1]):
    while True:
        optimizer.zero_grad()
        model(torch.ones(2, 4)).sum().backward()
        optimizer.step()
"""


def test_a_killed_run_opens_with_all_but_the_last_second(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    program = subprocess.Popen([sys.executable, "-c", ENDLESS, path], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    seen = 0
    try:
        while seen == 0 and time.monotonic() < deadline:
            time.sleep(0.2)
            if path.exists():
                seen = steps_of(path)
        assert seen > 0, "nothing could be read while the run was going on"
        time.sleep(1.5)
        until = load_run(path)
    finally:
        program.send_signal(signal.SIGKILL)
        program.communicate()
    run = load_run(path)
    assert len(run.steps) >= len(until.steps) > seen
    assert run.steps.time_s[-1] > until.steps.time_s[-1] - 1e-9 > 1.0
    assert run.meta["complete"] is False
    assert [thing.subject.name for thing in run.optimizers] == ["SGD"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the runs to be killed are forked")
def test_runs_killed_at_random_moments_open(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-W",
        "ignore",
        "benchmarks/watch_kill.py",
        "--times",
        "20",
        "--seed",
        str(time.time_ns()),
    ]
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("20 runs killed after ")


def steps_of(path: Path) -> int:
    try:
        return len(load_run(path).steps)
    except Exception:  # the tables are not there yet
        return 0


def test_one_file_remains(watched: Watched) -> None:
    with watched(nn.Linear(1, 1)):
        pass
    assert [file.name for file in watched.path.parent.iterdir()] == ["run.sqlite"]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unwritable for root")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with Watched(tmp_path / "run.sqlite")(nn.Linear(1, 1)) as run:
        assert run.path is None


def test_a_place_that_cannot_be_written_is_one_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    watched = Watched(tmp_path / "file" / "run.sqlite")
    model = make_model()
    with watched(model) as run:
        train(model, torch.optim.SGD(model.parameters(), lr=0.1), steps=3)
    assert run.path is None
    assert len(watched.said) == 1
    assert watched.said[0].startswith(f"cannot write {tmp_path / 'file' / 'run.sqlite'} (")


def test_rows_beyond_the_limit_are_dropped_and_counted(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "COMMIT_S", 60.0)
    monkeypatch.setattr(store, "WAITING_ROWS", 60)
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model):
        for _ in range(100):
            model(torch.ones(1, 1)).sum().backward()
            optimizer.step()
    (said,) = watched.said
    assert said.endswith("rows were dropped because the disk was too slow")
    assert len(watched.run().steps) < 60


def test_a_disk_that_fails_later_is_told_at_the_end(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "COMMIT_S", 0.01)
    model = nn.Linear(1, 1)
    with watched(model) as run:
        assert run._store is not None
        time.sleep(0.1)
        with sqlite3.connect(watched.path) as other:
            other.execute("DROP TABLE step")
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(20):
            optimizer.step()
    assert watched.said == ["could not finish the run file: OperationalError: no such table: step"]


FULL = """
import resource, signal, sys, torch, trainlint
torch.set_num_threads(1)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
model = torch.nn.Sequential(*(torch.nn.Linear(4, 4) for _ in range(20)))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
with trainlint.watch(model, path=sys.argv[1]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))  # the disk is full here
    for _ in range(3000):
        optimizer.zero_grad()
        model(torch.ones(2, 4)).sum().backward()
        optimizer.step()
print("trained")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit can be set there")
def test_a_full_disk_is_one_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FULL, str(tmp_path / "run.sqlite")]
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stdout) == (0, "trained\n"), done.stderr
    (said,) = done.stderr.splitlines()
    assert said.startswith("trainlint: could not finish the run file: ")
    load_run(tmp_path / "run.sqlite")  # what was written before can be read


def test_a_folder_that_goes_away_is_one_warning(tmp_path: Path) -> None:
    import shutil

    watched = Watched(tmp_path / "runs" / "run.sqlite")
    model = make_model()
    with watched(model):
        train(model, torch.optim.SGD(model.parameters(), lr=0.1), steps=3)
        shutil.rmtree(tmp_path / "runs")
    assert len(watched.said) == 1
    assert watched.said[0].startswith("could not finish the run file: ")


def test_a_copy_of_the_process_leaves_the_file_alone(tmp_path: Path) -> None:
    script = """
import os, sys, torch, trainlint
torch.set_num_threads(1)
model = torch.nn.Linear(4, 4)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
with trainlint.watch(model, path=sys.argv[1]):
    for step in range(5):
        model(torch.ones(2, 4)).sum().backward()
        optimizer.step()
        if step == 2 and os.fork() == 0:
            sys.exit(0)
    os.wait()
"""
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-W", "ignore", "-c", script, str(tmp_path / "run.sqlite")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("trainlint  ") == 1
    run = load_run(tmp_path / "run.sqlite")
    assert (len(run.steps), run.meta["complete"]) == (5, True)


def test_the_newest_row_of_a_key_stays(tmp_path: Path) -> None:
    kept = Store(tmp_path / "run.sqlite")
    for text in ("first", "second"):
        kept.put("notice", (0, text))
    kept.close()
    assert load_run(tmp_path / "run.sqlite").notices == ("second",)


def test_norms_of_long_runs_are_thinned(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flight, "_NORMS_KEPT", 20)
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model):
        for _ in range(60):
            model(torch.ones(1, 1)).sum().backward()
            optimizer.step()
    kept = [step for step, _, _ in watched.run().parameter_norms()]
    assert kept == [*range(11), *range(12, 34, 2), *range(36, 60, 4)]
    assert None not in watched.run().steps.norm_after
