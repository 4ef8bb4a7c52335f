"""The pre-commit hook, with the real pre-commit, on a scratch repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import write_files
from trainlint.registry import find_rule

pytestmark = [
    pytest.mark.packaging,
    pytest.mark.usefixtures("package_index"),
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
]

PRE_COMMIT = (sys.executable, "-m", "pre_commit")


def run(*command: str | Path, folder: Path, home: Path, expected: int = 0) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHON"))}
    environment |= {"PRE_COMMIT_HOME": str(home), "PRE_COMMIT_COLOR": "never", "SKIP": ""}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == expected, done.stdout + done.stderr
    return done.stdout


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false"]
    return run("git", *who, *arguments, folder=folder, home=folder)


def commit(folder: Path) -> str:
    """Make the folder a repository with everything in it committed, and return the commit."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "all", "--no-verify")
    return git(folder, "rev-parse", "HEAD").strip()


def test_a_bad_file_fails_and_a_good_one_passes(checkout: Path, tmp_path: Path) -> None:
    revision = commit(Path(shutil.copytree(checkout, tmp_path / "trainlint")))
    rule = find_rule("TL301")
    assert rule is not None
    project, home = tmp_path / "project", tmp_path / "home"
    hooks = f"repos:\n- repo: {tmp_path / 'trainlint'}\n  rev: {revision}\n  hooks:\n  - id: trainlint\n"
    write_files(
        project,
        {
            ".pre-commit-config.yaml": hooks,
            "pyproject.toml": "[tool.trainlint]\nselect = ['TL301']\nexclude = ['vendored/']\n",
            "train.py": rule.bad,
            "vendored/train.py": rule.bad,
            "notes.txt": rule.bad,
        },
    )
    commit(project)
    out = run(*PRE_COMMIT, "run", "--all-files", folder=project, home=home, expected=1)
    assert "train.py:" in out
    assert "TL301 clip-before-unscale [error]" in out
    assert "vendored" not in out
    assert "Found 1 finding (1 error) in 1 file" in out

    (project / "train.py").write_text(rule.good)
    git(project, "add", "--all")
    out = run(*PRE_COMMIT, "run", folder=project, home=home)
    assert "Passed" in out
