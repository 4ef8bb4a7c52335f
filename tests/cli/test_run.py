"""`trainlint run`: a script that was not changed, its ending and its surroundings kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from trainlint.run import Run, load_run

pytest.importorskip("torch")

TRAIN = """
import sys
import torch
torch.set_num_threads(1)
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for step in range(3):
    optimizer.zero_grad()
    net(torch.randn(8, 4)).pow(2).mean().backward()
    optimizer.step()
"""


def python(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT), "COLUMNS": "100"} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def watched(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return python("-m", "trainlint", "run", "--path", "run.sqlite", *arguments, folder=folder)


def both(script: str, *arguments: str, folder: Path) -> tuple[subprocess.CompletedProcess[str], ...]:
    """Run a script bare and watched."""
    (folder / "train.py").write_text(script)
    return python("train.py", *arguments, folder=folder), watched("train.py", *arguments, folder=folder)


def run_of(folder: Path) -> Run:
    return load_run(folder / "run.sqlite")


def test_a_script_is_watched_as_it_is(tmp_path: Path) -> None:
    bare, seen = both(TRAIN + "print([p.sum().item() for p in net.parameters()])\n", folder=tmp_path)
    assert (seen.returncode, seen.stdout) == (0, bare.stdout)
    assert "3 steps" in seen.stderr
    run = run_of(tmp_path)
    assert [(thing.type, thing.subject.name) for thing in run.models] == [("Sequential", "net")]
    assert run.optimizers[0].facts["models"] == [run.models[0].subject.ident]
    kinds = [operation.kind.value for step, operation in run.operations() if step == 0]
    assert kinds == ["zero-grad", "forward", "backward", "optimizer-step"]
    assert (run.meta["ended_by"], run.meta["complete"], run.meta["argv"]) == (None, True, ["train.py"])
    assert run.meta["seed"] == 0


SURROUNDINGS = """
import os, sys, pickle
class Here: pass
assert sys.modules["__main__"].Here is Here
assert type(pickle.loads(pickle.dumps(Here()))) is Here
names = sorted(name for name in globals() if name.startswith("__"))
print(__name__, sys.argv, sys.path[0], __file__, __spec__ is None, __package__, names)
"""


def test_what_a_script_sees_of_its_surroundings(tmp_path: Path) -> None:
    bare, seen = both(SURROUNDINGS, "--path", "x", "-m", "--", "-h", folder=tmp_path)
    assert (bare.returncode, seen.returncode) == (0, 0), bare.stderr + seen.stderr
    assert seen.stdout == bare.stdout
    assert "__main__ ['train.py', '--path', 'x', '-m', '--', '-h']" in seen.stdout


def test_a_module_of_a_package(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "part.py").write_text("seen = 'part'\n")
    (package / "train.py").write_text(
        f"from .part import seen\n{TRAIN}print(seen, sys.argv[1:], sys.path[0], __name__, __spec__.name, sys.argv[0])\n"
    )
    bare = python("-m", "package.train", "--lr", "-m", "3", folder=tmp_path)
    seen = watched("-m", "package.train", "--lr", "-m", "3", folder=tmp_path)
    assert (bare.returncode, bare.stderr) == (0, "")
    assert (seen.returncode, seen.stdout) == (0, bare.stdout)
    assert len(run_of(tmp_path).steps) == 3


@pytest.mark.parametrize(
    ("ending", "code", "ended_by"),
    [
        ("sys.exit()", 0, None),
        ("sys.exit(0)", 0, None),
        ("sys.exit(7)", 7, "SystemExit"),
        ("sys.exit('no data')", 1, "SystemExit"),
        ("raise SystemExit(True)", 1, "SystemExit"),
        ("raise ValueError('too large') from KeyError('x')", 1, "ValueError"),
        ("net(torch.ones(3, 5))", 1, "RuntimeError"),
    ],
)
def test_a_script_ends_as_it_would(tmp_path: Path, ending: str, code: int, ended_by: str | None) -> None:
    bare, seen = both(TRAIN + ending + "\n", folder=tmp_path)
    assert (bare.returncode, seen.returncode) == (code, code)
    if "net(" in ending:  # a call that is watched leads through the watch
        assert seen.stderr.splitlines()[-1] == bare.stderr.splitlines()[-1]
        assert bare.stderr[: bare.stderr.index("  File", 60)] in seen.stderr
    else:
        assert seen.stderr.endswith(bare.stderr)
    run = run_of(tmp_path)
    assert (len(run.steps), run.meta["ended_by"], run.meta["complete"]) == (3, ended_by, True)


def test_a_script_that_cannot_be_compiled(tmp_path: Path) -> None:
    bare, seen = both("x = (\n", folder=tmp_path)
    assert (bare.returncode, seen.returncode) == (1, 1)
    assert "Traceback" not in seen.stderr
    assert "SyntaxError: '(' was never closed" in seen.stderr


def test_an_excepthook_of_the_scripts_own_is_asked(tmp_path: Path) -> None:
    own = "sys.excepthook = lambda kind, error, tb: print('mine', kind.__name__, tb.tb_frame.f_code.co_name)\n1 / 0\n"
    bare, seen = both(TRAIN + own, folder=tmp_path)
    assert (seen.returncode, seen.stdout) == (1, bare.stdout)
    assert seen.stdout == "mine ZeroDivisionError <module>\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent in another way there")
def test_ctrl_c_ends_the_process_as_it_would(tmp_path: Path) -> None:
    script = TRAIN.replace("range(3)", "range(10**9)").replace(
        "    optimizer.step()\n", "    optimizer.step()\n    if step == 20: print('going', flush=True)\n"
    )
    (tmp_path / "train.py").write_text(script)
    program = subprocess.Popen(
        [sys.executable, "-m", "trainlint", "run", "--path", "run.sqlite", "train.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # The tests may run where Ctrl-C is ignored, as in a shell's background, and a child would ignore it as well.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    try:
        assert program.stdout is not None
        assert program.stdout.readline() == "going\n"
        program.send_signal(signal.SIGINT)
        _, err = program.communicate(timeout=60)
    finally:
        program.kill()
    assert program.returncode == -signal.SIGINT
    assert err.rstrip().endswith("KeyboardInterrupt")
    run = run_of(tmp_path)
    assert run.meta["ended_by"] == "KeyboardInterrupt"
    assert len(run.steps) > 20


def test_findings_do_not_change_the_exit_code_unless_they_raise(tmp_path: Path) -> None:
    wrong = TRAIN.replace("    optimizer.zero_grad()\n", "")
    _, seen = both(wrong, folder=tmp_path)
    assert seen.returncode == 0
    assert "TL401" in seen.stderr
    again = watched("--on-finding", "raise", "train.py", folder=tmp_path)
    assert again.returncode == 1
    assert (tmp_path / "run-2.sqlite").exists()
    assert 'train.py", line 10, in <module>' in again.stderr
    assert again.stderr.splitlines()[-1].startswith("trainlint.watch.reaction.FindingError: TL401 ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gone.py"], "trainlint: no script at gone.py\n"),
        (["-m", "gone.train"], "trainlint: no module named gone.train\n"),
    ],
)
def test_what_is_not_there(tmp_path: Path, arguments: list[str], said: str) -> None:
    seen = watched(*arguments, folder=tmp_path)
    assert (seen.returncode, seen.stdout, seen.stderr) == (2, "", said)


def test_workers_that_import_the_script_anew(tmp_path: Path) -> None:
    script = """
import torch
from torch.utils.data import DataLoader, Dataset
class Data(Dataset):
    def __len__(self): return 8
    def __getitem__(self, index): return torch.full((4,), float(index))
if __name__ == "__main__":
    torch.set_num_threads(1)
    net = torch.nn.Linear(4, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    for batch in DataLoader(Data(), batch_size=4, num_workers=1, multiprocessing_context="spawn"):
        optimizer.zero_grad()
        net(batch).sum().backward()
        optimizer.step()
    print("done")
"""
    bare, seen = both(script, folder=tmp_path)
    assert (bare.returncode, seen.returncode, seen.stdout) == (0, 0, "done\n"), seen.stderr
    assert run_of(tmp_path).feeds[0].batches == 2


DISTRIBUTED = """
import torch, torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
torch.set_num_threads(1)
dist.init_process_group("gloo")
torch.manual_seed(dist.get_rank())
net = DistributedDataParallel(torch.nn.Linear(4, 1))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for step in range(4):
    optimizer.zero_grad()
    net(torch.randn(8, 4)).pow(2).mean().backward()
    optimizer.step()
dist.destroy_process_group()
"""


def test_under_torchrun_each_rank_has_its_file(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(DISTRIBUTED)
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]
    seen = python(*launch, "trainlint", "run", "--path", "run.sqlite", "train.py", folder=tmp_path)
    assert seen.returncode == 0, seen.stderr
    runs = [load_run(tmp_path / f"run-rank{rank}.sqlite") for rank in (0, 1)]
    assert [(run.meta["rank"], run.meta["world_size"], len(run.steps)) for run in runs] == [(0, "2", 4), (1, "2", 4)]
    assert [run.models[0].type for run in runs] == ["DistributedDataParallel"] * 2
    assert runs[0].steps.norm_after == pytest.approx(runs[1].steps.norm_after)  # the gradients were averaged
    assert runs[0].steps.loss != runs[1].steps.loss
    assert seen.stderr.count("4 steps") == 1
