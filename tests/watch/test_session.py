"""The way in and out: names, places, what is said, and what is not there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

import trainlint
from trainlint.errors import UsageError
from trainlint.run import load_run


def python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    here = str(Path(trainlint.__file__).parents[1])  # found from another folder also where it is not installed
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": here},
    )


def test_the_package_is_the_callable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = nn.Linear(1, 1)
    with trainlint.watch(model, path=tmp_path / "run.sqlite") as run:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        optimizer.step()
    out, err = capsys.readouterr()
    assert out == ""
    assert "1 step" in err
    assert str(tmp_path / "run.sqlite").removeprefix("/") in err.replace("\n", "")
    assert run.path == tmp_path / "run.sqlite"
    assert run.findings == ()


def test_the_file_is_named_after_time_and_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["/somewhere/finetune.py", "--epochs", "3"])
    with trainlint.watch(nn.Linear(1, 1)) as run:
        pass
    assert run.path is not None
    assert run.path.parent == tmp_path / "trainlint-runs"
    day, script, ending = run.path.name.split("-")
    assert (len(day), script, len(ending)) == (len("20260102T030405Z"), "finetune", len("beef.sqlite"))
    meta = load_run(run.path).meta
    assert meta["argv"] == ["/somewhere/finetune.py", "--epochs", "3"]
    assert meta["cwd"] == str(tmp_path)
    assert meta["torch"] == torch.__version__
    assert meta["seed"] == torch.initial_seed()
    assert meta["complete"] is True


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(UsageError, match=r"takes the models that are trained .*; got SGD"):
        trainlint.watch(torch.optim.SGD(nn.Linear(1, 1).parameters()))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="got nothing"):
        trainlint.watch()


def test_without_torch_it_says_what_to_install(tmp_path: Path) -> None:
    block = "import sys; sys.modules['torch'] = None\nimport trainlint\n"
    for use in ("trainlint.watch(None)", "import trainlint.watch", "from trainlint import watch"):
        done = python(block + use, tmp_path)
        last = done.stderr.strip().splitlines()[-1]
        assert last == "ModuleNotFoundError: trainlint.watch needs PyTorch: pip install 'torch-trainlint[watch]'"
        assert "During handling" not in done.stderr
        assert "direct cause" not in done.stderr


def test_reading_a_run_needs_no_torch(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    with trainlint.watch(nn.Linear(1, 1), path=path):
        pass
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from pathlib import Path\n"
        "from rich.console import Console\n"
        "from trainlint.run import load_run\n"
        "from trainlint.report.run_terminal import render_run\n"
        f"render_run(load_run(Path({str(path)!r})), Console())"
    )
    done = python(code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "no optimizer step was seen" in done.stdout


def test_the_commit_is_read_from_the_files_of_git(tmp_path: Path) -> None:
    from trainlint.watch.environment import _commit

    assert _commit(tmp_path) in (None, _commit(tmp_path.parent))
    git = tmp_path / ".git"
    (git / "refs/heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    assert _commit(tmp_path) is None
    (git / "packed-refs").write_text("# pack-refs with: peeled\nabc123 refs/heads/main\n")
    assert _commit(tmp_path) == "abc123"
    (git / "refs/heads/main").write_text("def456\n")
    (tmp_path / "deep/er").mkdir(parents=True)
    assert _commit(tmp_path / "deep/er") == "def456"
    (git / "HEAD").write_text("789abc\n")
    assert _commit(tmp_path) == "789abc"
