"""`[tool.trainlint]`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import write_files
from trainlint.config import Config, find_config, read_config
from trainlint.errors import UsageError

LABELS = [("TL301", "clip-before-unscale"), ("TL401", "missing-zero-grad")]

FULL = """
[tool.trainlint]
select = ["TL3", "missing-zero-grad"]
ignore = ["TL301"]
exclude = ["vendored/", "*_pb2.py"]

[tool.trainlint.per-file-ignores]
"tests/**" = ["TL4"]
"notes.py" = ["clip-before-unscale"]
"""


def test_every_key_is_read(folder: Path) -> None:
    write_files(folder, {"pyproject.toml": FULL})
    config = read_config(folder / "pyproject.toml", LABELS)
    assert config.select == ("TL3", "missing-zero-grad")
    assert config.ignore == ("TL301",)
    assert config.folder == folder
    assert config.exclude is not None
    assert config.exclude.verdict(str(folder / "a" / "x_pb2.py"))
    assert config.exclude.verdict(str(folder / "vendored"), is_folder=True)
    assert not config.exclude.verdict(str(folder / "a" / "x.py"))


@pytest.mark.parametrize(
    ("file", "code", "name", "ignored"),
    [
        ("tests/deep/test_loop.py", "TL401", "missing-zero-grad", True),
        ("tests/deep/test_loop.py", "TL301", "clip-before-unscale", False),
        ("deep/notes.py", "TL301", "clip-before-unscale", True),
        ("src/tests.py", "TL401", "missing-zero-grad", False),
        ("../tests/elsewhere.py", "TL401", "missing-zero-grad", False),
    ],
)
def test_per_file_ignores(folder: Path, file: str, code: str, name: str, ignored: bool) -> None:
    project = folder / "project"
    write_files(project, {"pyproject.toml": FULL})
    config = find_config(project, LABELS)
    assert config.ignores_in(str((project / file).resolve()), code, name) is ignored


def test_the_nearest_file_that_speaks_of_trainlint_holds(folder: Path) -> None:
    write_files(
        folder,
        {
            "pyproject.toml": "[tool.trainlint]\nignore = ['TL3']",
            "package/pyproject.toml": "[project]\nname = 'package'",
            "package/inner/pyproject.toml": "[tool.trainlint]",
            "package/inner/train.py": "",
        },
    )
    assert find_config(folder / "package", LABELS).ignore == ("TL3",)
    assert find_config(folder / "package" / "inner" / "train.py", LABELS).ignore == ()
    assert find_config(folder / "package" / "inner" / "train.py", LABELS).folder == folder / "package" / "inner"


def test_without_a_file_the_defaults_hold(folder: Path) -> None:
    assert find_config(folder, LABELS) == Config()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("selct = ['TL3']", "[tool.trainlint] has no key `selct`; did you mean `select`?"),
        (
            "per_file_ignores = {}",
            "[tool.trainlint] has no key `per_file_ignores`; did you mean `per-file-ignores`?",
        ),
        (
            "torch = 1",
            "[tool.trainlint] has no key `torch`; the keys are select, ignore, per-file-ignores, exclude",
        ),
        ("select = ['TL310']", "`select`: there is no rule `TL310`; did you mean `TL301`?"),
        (
            "ignore = ['missing-zerograd']",
            "`ignore`: there is no rule `missing-zerograd`; did you mean `missing-zero-grad`?",
        ),
        (
            "per-file-ignores = {'a.py' = ['TL9']}",
            "`per-file-ignores.'a.py'`: there is no rule `TL9`; did you mean `TL401`?",
        ),
        ("select = 'TL3'", "`select` is a string, expected a list of strings"),
        ("ignore = true", "`ignore` is true or false, expected a list of strings"),
        ("exclude = ['a', 3]", "`exclude` has a number in it, expected strings only"),
        ("exclude = ['!']", "`exclude`: Invalid git pattern: '!'"),
        ("per-file-ignores = ['a.py']", "`per-file-ignores` is a list, expected a table"),
        (
            "per-file-ignores = {'a.py' = 'TL3'}",
            "`per-file-ignores.'a.py'` is a string, expected a list of strings",
        ),
    ],
)
def test_what_is_wrong_is_named_with_file_and_key(folder: Path, text: str, message: str) -> None:
    file = folder / "pyproject.toml"
    write_files(folder, {"pyproject.toml": f"[tool.trainlint]\n{text}\n"})
    with pytest.raises(UsageError) as error:
        find_config(folder, LABELS)
    assert str(error.value) == f"{file}: {message}"


@pytest.mark.parametrize("text", ["[tool", "[tool.trainlint]\nselect = [", "\x00"])
def test_broken_toml_is_named(folder: Path, text: str) -> None:
    write_files(folder, {"pyproject.toml": text})
    with pytest.raises(UsageError, match=r"pyproject\.toml is not valid TOML: "):
        find_config(folder, LABELS)


def test_a_table_that_is_none(folder: Path) -> None:
    write_files(folder, {"pyproject.toml": "[tool]\ntrainlint = 3"})
    with pytest.raises(UsageError, match=r"`\[tool.trainlint\]` is a number, expected a table"):
        find_config(folder, LABELS)


def test_a_named_file_must_be_there_and_speak_of_trainlint(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*other\.toml: No such file"):
        read_config(folder / "other.toml", LABELS)
    write_files(folder, {"other.toml": "[tool.ruff]"})
    with pytest.raises(UsageError, match=r"other\.toml has no \[tool\.trainlint\]"):
        read_config(folder / "other.toml", LABELS)
