"""Finding the files that a person means."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import write_files
from trainlint.config import Config
from trainlint.errors import UsageError
from trainlint.source.discover import discover, shown_name
from trainlint.source.patterns import compile_patterns


def names(*paths: str, config: Config | None = None, force_exclude: bool = False) -> list[str]:
    """Return the names of what is found."""
    found = discover([Path(path) for path in paths], config or Config(), force_exclude=force_exclude)
    assert found.unlisted == ()
    return [shown_name(file) for file in found.files]


def excluding(folder: Path, *patterns: str) -> Config:
    return Config(folder=folder, exclude=compile_patterns(folder, patterns))


def test_a_folder_means_the_python_files_below_it(folder: Path) -> None:
    write_files(folder, dict.fromkeys(["b.py", "a/c.py", "a/d.pyi", "a/e.txt", "a/f.pyc", "f.ipynb", "no_py"], ""))
    (folder / "folder.py").mkdir()
    assert names(".") == ["a/c.py", "b.py"]
    assert names("a") == ["a/c.py"]


@pytest.mark.parametrize(
    "name", [".git", ".venv", "venv", "node_modules", "__pycache__", "build", "dist", "site-packages"]
)
def test_folders_of_others_are_skipped_unless_named(folder: Path, name: str) -> None:
    write_files(folder, {f"a/{name}/b.py": "", "c.py": ""})
    assert names(".") == ["c.py"]
    assert names(f"a/{name}") == [f"a/{name}/b.py"]
    assert names(f"a/{name}/b.py") == [f"a/{name}/b.py"]
    assert names(f"a/{name}", f"a/{name}/b.py", force_exclude=True) == []


def test_a_virtual_environment_of_any_name_is_skipped(folder: Path) -> None:
    write_files(folder, {"env/pyvenv.cfg": "", "env/lib/a.py": "", "env_of_the_game/a.py": ""})
    assert names(".") == ["env_of_the_game/a.py"]
    assert names("env") == ["env/lib/a.py"]


def test_the_place_of_the_project_itself_skips_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(folder, {"build/project/a.py": ""})
    monkeypatch.chdir(folder / "build" / "project")
    assert names(".", force_exclude=True) == ["a.py"]


def test_a_named_file_is_checked_whatever_it_is_called(folder: Path) -> None:
    write_files(folder, {".gitignore": "*", "train": "", ".git/x": "", "ignored.py": ""})
    assert names("train", "ignored.py") == ["ignored.py", "train"]


def test_each_file_once_in_order(folder: Path) -> None:
    write_files(folder, {"a/x.py": "", "a/y.py": "", "b.py": ""})
    (folder / "0_link.py").symlink_to("b.py")
    (folder / "linked").symlink_to("a")
    (folder / "a" / "loop").symlink_to("..")
    (folder / "self.py").symlink_to("self.py")
    (folder / "nowhere.py").symlink_to("gone.py")
    assert names(".") == ["a/x.py", "a/y.py", "b.py"]
    assert names("b.py", "./a", "a/x.py", str(folder / "a"), "linked") == ["a/x.py", "a/y.py", "b.py"]
    assert names("linked") == ["linked/x.py", "linked/y.py"]
    assert names("0_link.py") == ["0_link.py"]


def test_a_path_that_is_not_there_is_named(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"^cannot read gone/a\.py: No such file or directory$"):
        names("gone/a.py")


def test_a_folder_that_cannot_be_listed_does_not_hide_the_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(folder, {"a/x.py": "", "b/y.py": "", "c/z.py": ""})
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "b":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = discover([folder], Config())
    assert [shown_name(file) for file in found.files] == ["a/x.py", "c/z.py"]
    assert [(shown_name(where), error.strerror) for where, error in found.unlisted] == [("b", "Permission denied")]


def test_the_project_excludes(folder: Path) -> None:
    write_files(folder, {"a/keep.py": "", "a/x_pb2.py": "", "vendored/b.py": "", "sub/vendored/c.py": ""})
    config = excluding(folder, "/vendored", "*_pb2.py")
    assert names(".", config=config) == ["a/keep.py", "sub/vendored/c.py"]
    assert names("vendored", "a/x_pb2.py", config=config) == ["a/x_pb2.py", "vendored/b.py"]
    assert names("vendored", "a/x_pb2.py", "a", config=config, force_exclude=True) == ["a/keep.py"]
    assert names("vendored/b.py", config=config, force_exclude=True) == []


def test_an_ignore_file_takes_back_nothing_that_the_project_excludes(folder: Path) -> None:
    write_files(folder, {".git/HEAD": "", ".gitignore": "!a.py", "a.py": "", "b.py": ""})
    assert names(".", config=excluding(folder, "a.py")) == ["b.py"]


def test_ignore_files_above_count_up_to_the_repository(folder: Path) -> None:
    write_files(
        folder,
        {
            ".gitignore": "c.py",
            "repository/.git/info/exclude": "secret.py\n",
            "repository/.gitignore": "generated/\nb.py\n",
            "repository/sub/.gitignore": "!b.py\n",
            "repository/sub/deep/a.py": "",
            "repository/sub/deep/b.py": "",
            "repository/sub/deep/c.py": "",
            "repository/sub/deep/secret.py": "",
            "repository/sub/deep/generated/d.py": "",
        },
    )
    deep = "repository/sub/deep"
    assert names(deep) == [f"{deep}/a.py", f"{deep}/b.py", f"{deep}/c.py"]
    assert names(f"{deep}/generated") == [f"{deep}/generated/d.py"]


def test_ignore_files_count_without_a_repository_too(folder: Path) -> None:
    write_files(folder, {".gitignore": "a.py\n[z-a]\n!\n", "a.py": "", "b.py": "", "sub/a.py": ""})
    assert names(".") == ["b.py"]
    assert names("sub") == ["sub/a.py"]


IGNORE_FILES = {
    ".gitignore": "/out\n*.tmp.py\n!keep.tmp.py\ndoc/*.py\nlogs/\n**/cache/\n"
    "\\#odd.py\nfoo/bar\n# note\n trailing.py \n",
    "pkg/.gitignore": "!x.tmp.py\n/local.py\nsub/**/deep.py\n*\n!*/\n!*.py\n",
    "pkg/sub/.gitignore": "[ab]?.py\n",
    ".git/info/exclude": "private.py\n",
}
FOLDERS = [
    "",
    "out/",
    "doc/",
    "doc/in/",
    "logs/",
    "pkg/",
    "pkg/out/",
    "pkg/sub/",
    "pkg/sub/m/n/",
    "pkg/cache/",
    "foo/bar/",
]
FILES = [
    "a.py",
    "a1.py",
    "x.tmp.py",
    "keep.tmp.py",
    "local.py",
    "deep.py",
    "private.py",
    "#odd.py",
    "trailing.py",
    "logs.py",
]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_ignore_files_mean_what_they_mean_to_git(folder: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], check=True)
    write_files(folder, {f"{place}{file}": "" for place in FOLDERS for file in FILES} | IGNORE_FILES)
    (folder / "pkg" / "trailing.py").touch()
    command = ["git", "-c", "core.excludesFile=", "ls-files", "--others", "--exclude-standard", "*.py"]
    tracked = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert len(tracked) > 20
    assert names(".") == sorted(tracked, key=lambda name: Path(name).parts)


def test_names_are_seen_from_the_current_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(folder, {"a/x.py": "", "b/y.py": ""})
    monkeypatch.chdir(folder / "a")
    assert names("x.py", "../b") == ["x.py", (folder / "b" / "y.py").as_posix()]
