"""The distribution: built and installed in every way that a person might, and run where it was installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from trainlint import __version__
from trainlint.registry import all_rules, find_rule

pytestmark = [pytest.mark.packaging, pytest.mark.usefixtures("package_index")]

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
# Prints where the rules lie, then their codes.
RULES = """
import sys
from trainlint.registry import PACK, all_rules
codes = [rule.code for rule in all_rules()]
print(*sys.modules[PACK].__path__, *codes, sep="\\n")
"""


def run(*command: str | Path, folder: Path, expected: int = 0) -> str:
    """Run a program and return what it writes to stdout."""
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == expected, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the sdist and of the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, checkout, folder=folder)
    return folder


def only(folder: Path, pattern: str) -> Path:
    (file,) = folder.glob(pattern)
    return file


def test_a_wheel_holds_the_package_with_the_rules_and_nothing_else(built: Path, checkout: Path) -> None:
    with zipfile.ZipFile(only(built, "*.whl")) as wheel:
        names = set(wheel.namelist())
    metadata = f"torch_trainlint-{__version__}.dist-info"
    assert {name.split("/")[0] for name in names} == {"trainlint", metadata}
    assert {"trainlint/py.typed", f"{metadata}/licenses/LICENSE"} <= names
    files = {
        *(
            f"trainlint/{file.relative_to(checkout / 'trainlint').as_posix()}"
            for file in checkout.glob("trainlint/**/*.py")
        ),
        *(f"trainlint/{file.relative_to(checkout).as_posix()}" for file in checkout.glob("rules/**/*.py")),
    }
    assert {name for name in names if name.endswith(".py")} == files


def test_a_wheel_built_from_the_checkout_is_the_same(built: Path, checkout: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", tmp_path, checkout, folder=tmp_path)
    with zipfile.ZipFile(only(built, "*.whl")) as first, zipfile.ZipFile(only(tmp_path, "*.whl")) as second:
        assert sorted(first.namelist()) == sorted(second.namelist())


def test_an_sdist_can_be_tested(built: Path) -> None:
    with tarfile.open(only(built, "*.tar.gz")) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    wanted = {"LICENSE", "Makefile", "README.md", "CHANGELOG.md", "constraints.txt", ".pre-commit-hooks.yaml"}
    assert wanted | {"pyproject.toml", "tests/test_packaging.py", "fixtures/reporters/plain_80.txt"} <= names


@pytest.mark.parametrize("way", ["wheel", "sdist", "checkout", "editable"])
def test_installed_without_torch(way: str, built: Path, checkout: Path, tmp_path: Path) -> None:
    ways: dict[str, list[str | Path]] = {
        "wheel": [only(built, "*.whl")],
        "sdist": [only(built, "*.tar.gz")],
        "checkout": [checkout],
        "editable": ["--editable", checkout],
    }
    environment = tmp_path / "environment"
    run(sys.executable, "-m", "venv", "--without-pip", environment, folder=tmp_path)
    python = environment / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", *ways[way], folder=tmp_path)

    project = tmp_path / "project"
    project.mkdir()
    rule = find_rule("TL301")
    assert rule is not None
    (project / "train.py").write_text(rule.bad)
    for command in ([environment / "bin" / "trainlint"], [python, "-m", "trainlint"]):
        out = run(*command, "check", ".", "--select", "TL301", "--output-format", "json", folder=project, expected=1)
        assert [each["code"] for each in json.loads(out)] == ["TL301"]

    assert installed(python, project, "torch") is None
    assert run(python, "-m", "trainlint", "--version", folder=project) == f"trainlint {__version__}\n"
    (packages,) = environment.glob("lib/python*/site-packages")
    place, *codes = run(python, "-c", RULES, folder=project).split()
    assert codes == [rule.code for rule in all_rules()]
    assert place == str(checkout / "rules" if way == "editable" else packages / "trainlint" / "rules")
    assert not {"rules", "tests", "fixtures", "examples", "benchmarks"} & {entry.name for entry in packages.iterdir()}
    if way == "editable":
        assert installed(python, project, "trainlint") == str(checkout / "trainlint" / "__init__.py")
    else:
        assert installed(python, project, "trainlint") == str(packages / "trainlint" / "__init__.py")
        assert installed(python, project, "rules") is None


def installed(python: Path, folder: Path, module: str) -> str | None:
    """Return the file from which a module would be imported in an environment."""
    program = f"import importlib.util, json; spec = importlib.util.find_spec({module!r})"
    out = run(python, "-c", f"{program}; print(json.dumps(spec and spec.origin))", folder=folder)
    found: str | None = json.loads(out)
    return found


def test_the_checkout_runs_as_it_is(checkout: Path) -> None:
    assert run(sys.executable, "-m", "trainlint", "--version", folder=checkout) == f"trainlint {__version__}\n"
    assert run(sys.executable, "-c", RULES, folder=checkout).splitlines()[0] == str(checkout / "rules")
