"""The command as a process: with the real engine and the real rules."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from trainlint import __version__
from trainlint.cli.main import main
from trainlint.registry import find_rule

CHECKOUT = Path(__file__).parent.parent.parent


def trainlint(*arguments: str, folder: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [
        sys.executable,
        "-c",
        "import sys; from trainlint.cli.main import main; sys.exit(main())",
        *arguments,
    ]
    return subprocess.run(
        command, cwd=folder, input=stdin, capture_output=True, env={"PYTHONPATH": str(CHECKOUT)}, check=False
    )


@pytest.fixture
def bad() -> str:
    rule = find_rule("TL301")
    assert rule is not None
    return rule.bad


def test_a_mistake_is_found(folder: Path, bad: str) -> None:
    (folder / "train.py").write_text(bad)
    done = trainlint("check", "--select", "TL301", folder=folder)
    assert done.returncode == 1
    out = done.stdout.decode()
    assert out.startswith("train.py:")
    assert "TL301 clip-before-unscale [error]" in out
    assert done.stderr == b"Found 1 finding (1 error) in 1 file\nFixes to be had: 1 with `--fix`\n"


def test_stdin(folder: Path, bad: str) -> None:
    done = trainlint("check", "-", "--output-format", "json", "--select", "TL301", folder=folder, stdin=bad.encode())
    assert done.returncode == 1
    assert [each["code"] for each in json.loads(done.stdout)] == ["TL301"]


def test_a_file_that_does_not_parse_is_one_finding(folder: Path, bad: str) -> None:
    (folder / "broken.py").write_text("import torch\nloss.backward(\n")
    (folder / "python2.py").write_text("print 'epoch', epoch\n")
    (folder / "binary.py").write_bytes(b"\x00\xff" * 1000)
    (folder / "train.py").write_text(bad)
    done = trainlint("check", "--output-format", "json", folder=folder)
    assert done.returncode == 1
    found = {(each["filename"], each["code"]) for each in json.loads(done.stdout)}
    assert {
        ("broken.py", "TL001"),
        ("python2.py", "TL001"),
        ("binary.py", "TL001"),
        ("train.py", "TL301"),
    } <= found


def test_output_is_identical_from_run_to_run(folder: Path, bad: str) -> None:
    for name in "dbca":
        (folder / f"{name}.py").write_text(bad)
    first, second = (trainlint("check", folder=folder) for _ in range(2))
    assert first.stdout == second.stdout
    assert first.stdout.count(b"TL301") == 4


def test_version(folder: Path) -> None:
    assert trainlint("--version", folder=folder).stdout.decode() == f"trainlint {__version__}\n"


def test_without_a_command(folder: Path) -> None:
    done = trainlint(folder=folder)
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.startswith(b"usage: trainlint ")


@pytest.mark.parametrize("output_format", ["terminal", "json"])
def test_a_closed_pipe_ends_quietly(folder: Path, bad: str, output_format: str) -> None:
    for number in range(200):
        (folder / f"train_{number}.py").write_text(bad)
    command = [sys.executable, "-m", "trainlint", "check", "--output-format", output_format]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"PYTHONPATH": str(CHECKOUT)}
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1


def test_a_bug_of_ours_keeps_its_traceback_and_is_no_finding(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def break_down(*_: object) -> None:
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr("trainlint.cli.check.check_sources", break_down)
    assert main(["check"]) == 2
    assert "ZeroDivisionError: of ours" in capsys.readouterr().err


def test_an_interrupt_ends_quietly(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("trainlint.cli.check.check_sources", interrupt)
    assert main(["check", str(folder)]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_a_report_of_what_is_no_run(folder: Path) -> None:
    done = trainlint("report", "gone.sqlite", folder=folder)
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.startswith(b"trainlint: ")
    assert b"gone.sqlite" in done.stderr
    assert done.stderr.count(b"\n") == 1
