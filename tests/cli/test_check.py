"""`trainlint check`: what is asked for, what is shown, and the exit code."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import write_files
from trainlint.cli.main import main
from trainlint.finding import Finding, Location, Severity
from trainlint.rule import Rule
from trainlint.source.read import Source


class Clip(Rule):
    code, name, severity = "TL301", "clip-before-unscale", Severity.ERROR


class Zero(Rule):
    code, name, severity = "TL401", "missing-zero-grad", Severity.WARN


class Advice(Rule):
    code, name, severity = "TL606", "sgd-without-momentum", Severity.INFO


WORDS = {"CLIP": Clip(), "ZERO": Zero(), "ADVICE": Advice()}


def find_words(sources: Sequence[Source], rules: Sequence[Rule]) -> list[Finding]:
    """Stand in for the engine: each word is a mistake, `CRASH` breaks a rule, `$` is not Python."""
    found = []
    for source in sources:
        for row, line in enumerate(source.data.decode().splitlines(), 1):
            place = Location(source.name, row, 1, row, len(line) + 1)
            found += [rule.finding(place, word) for word, rule in WORDS.items() if word in line and rule in rules]
            if "CRASH" in line:
                found.append(Finding("TL002", "rule-crashed", Severity.ERROR, "TL301 crashed", place))
            if "$" in line:
                found.append(Finding("TL001", "file-not-read", Severity.ERROR, "cannot be read", place))
    return found


@pytest.fixture
def project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("trainlint.cli.check.all_rules", lambda: tuple(WORDS.values()))
    monkeypatch.setattr("trainlint.cli.check.check_sources", find_words)
    return folder


def check(*arguments: str) -> int:
    return main(["check", *arguments])


def codes(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[tuple[str, int, str]]:
    """Return where what is found, as the JSON output has it."""
    check(*arguments, "--output-format", "json")
    out: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return [(each["filename"], each["location"]["row"], each["code"]) for each in out]


def test_clean(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(project, {"a.py": "x = 1\n", "b/c.py": ""})
    assert check() == 0
    assert capsys.readouterr() == ("", "No findings in 2 files\n")


def test_findings_go_to_stdout_and_the_rest_to_stderr(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(project, {"a.py": "x\nCLIP\n", "b/c.py": "ZERO\n"})
    assert check(".") == 1
    out, err = capsys.readouterr()
    assert out == (
        "a.py:2:1: TL301 clip-before-unscale [error]\n  CLIP\n  1 │ x\n  2 │ CLIP\n    │ ^^^^\n\n"
        "b/c.py:1:1: TL401 missing-zero-grad [warn]\n  ZERO\n  1 │ ZERO\n    │ ^^^^\n\n"
    )
    assert err == "Found 2 findings (1 error, 1 warning) in 2 files\n"


def test_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(project, {"a.py": "CLIP\n"})
    assert check("--output-format", "json") == 1
    out, err = capsys.readouterr()
    assert json.loads(out)[0]["code"] == "TL301"
    assert err == ""
    write_files(project, {"a.py": "\n"})
    assert check("--output-format", "json") == 0
    assert capsys.readouterr() == ("[]\n", "")


def test_findings_are_sorted(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(project, {"b.py": "ZERO CLIP\n", "a.py": "\nCLIP\nZERO", "a/b.py": "CLIP"})
    expected = [
        *(("a.py", 2, "TL301"), ("a.py", 3, "TL401"), ("a/b.py", 1, "TL301")),
        *(("b.py", 1, "TL301"), ("b.py", 1, "TL401")),
    ]
    assert codes(capsys, "b.py", "a", ".") == expected


def test_a_file_that_is_not_python_does_not_hide_the_others(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(project, {"a.py": "$", "b.py": "CLIP"})
    assert codes(capsys) == [("a.py", 1, "TL001"), ("b.py", 1, "TL301")]
    assert codes(capsys, "--select", "TL401") == [("a.py", 1, "TL001")]
    assert codes(capsys, "--ignore", "file-not-read") == [("b.py", 1, "TL301")]


def test_a_file_that_cannot_be_read_is_a_finding(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_files(project, {"a.py": "CLIP", "b.py": "CLIP"})
    read_bytes = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "a.py":
            raise PermissionError(13, "Permission denied")
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert check() == 1
    out, _ = capsys.readouterr()
    assert out.startswith(
        "a.py:1:1: TL001 file-not-read [error]\n  cannot be read: Permission denied\n\nb.py:1:1: TL301 "
    )


def test_a_crash_of_a_rule_is_shown_whatever_is_silenced(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "[tool.trainlint]\nignore = ['TL']\nper-file-ignores = {'*' = ['TL']}"
    write_files(project, {"pyproject.toml": text, "a.py": "CRASH  # trainlint: ignore\nCLIP"})
    assert codes(capsys) == [("a.py", 1, "TL002")]
    assert check() == 2


def test_select_and_ignore(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(project, {"a.py": "CLIP\nZERO\nADVICE"})
    clip, zero, advice = ("a.py", 1, "TL301"), ("a.py", 2, "TL401"), ("a.py", 3, "TL606")
    assert codes(capsys) == [clip, zero]
    assert codes(capsys, "--select", "TL4,TL606") == [zero, advice]
    assert codes(capsys, "--select", "TL4", "--select", "clip-before-unscale") == [clip, zero]
    assert codes(capsys, "--ignore", "TL3") == [zero]
    write_files(project, {"pyproject.toml": "[tool.trainlint]\nselect = ['TL3', 'TL6']\nignore = ['TL301']"})
    assert codes(capsys) == [advice]
    assert codes(capsys, "--select", "TL3,TL4") == [zero]
    assert codes(capsys, "--ignore", "TL606") == []


def test_the_project_configures(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "[tool.trainlint]\nexclude = ['gen']\nper-file-ignores = {'tests/' = ['TL3']}"
    write_files(project, {"in/pyproject.toml": text})
    write_files(project, dict.fromkeys(["in/gen/a.py", "in/tests/b.py", "in/c.py", "d.py"], "CLIP\nZERO"))
    inside = [("in/c.py", 1, "TL301"), ("in/c.py", 2, "TL401"), ("in/tests/b.py", 2, "TL401")]
    assert codes(capsys, "in") == inside
    assert codes(capsys, "in/c.py", "in/tests") == inside
    assert codes(capsys, "in/gen/a.py", "--force-exclude") == []
    assert len(codes(capsys, "in/gen/a.py")) == 2
    assert len(codes(capsys, ".")) == 8
    assert len(codes(capsys, ".", "--config", "in/pyproject.toml")) == 5
    assert len(codes(capsys, ".", "--config", "in/../in/pyproject.toml")) == 5
    assert codes(capsys, "in/../in/gen/../c.py") == inside[:2]


def test_comments_silence(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(
        project,
        {"a.py": "CLIP  # trainlint: ignore[TL301]\nZERO  # trainlint: ignore[TL301]\nZERO # trainlint: ignore"},
    )
    assert codes(capsys) == [("a.py", 2, "TL401")]


def test_a_comment_that_names_no_rule_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(project, {"a.py": "\nCLIP  # trainlint: ignore[clip-before-unscaled]\n"})
    assert check() == 1
    expected = "trainlint: a.py:2: there is no rule `clip-before-unscaled`; did you mean `clip-before-unscale`?\n"
    assert capsys.readouterr().err.startswith(expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--select", "TL3O1"], "--select: there is no rule `TL3O1`; did you mean `TL301`?"),
        (
            ["--ignore", "TL3,missing-zerograd"],
            "--ignore: there is no rule `missing-zerograd`; did you mean `missing-zero-grad`?",
        ),
        (["a.py", "gone.py"], "cannot read gone.py: No such file or directory"),
        (["gone\x1b[2J\n.py"], "cannot read gone␛[2J␊.py: No such file or directory"),
        (["--stdin-filename", "a.py", "a.py"], "--stdin-filename a.py goes with `-` as PATH"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    project: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_files(project, {"a.py": "CLIP"})
    assert check(*arguments) == 2
    assert capsys.readouterr() == ("", f"trainlint: {message}\n")


def test_a_wrong_configuration_is_one_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(project, {"pyproject.toml": "[tool.trainlint]\nselct = []", "a.py": "CLIP"})
    assert check("a.py") == 2
    message = f"{project / 'pyproject.toml'}: [tool.trainlint] has no key `selct`; did you mean `select`?"
    assert capsys.readouterr() == ("", f"trainlint: {message}\n")


def test_no_python_files_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(project, {"docs/a.txt": ""})
    assert check("docs") == 0
    assert capsys.readouterr() == ("", "trainlint: no Python files in docs\nNo findings in 0 files\n")


def give(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_stdin(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    give(monkeypatch, "\nCLIP\n")
    assert codes(capsys, "-") == [("<stdin>", 2, "TL301")]


def test_stdin_stands_for_a_file(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "[tool.trainlint]\nexclude = ['gen.py']\nper-file-ignores = {'a.py' = ['TL3']}"
    write_files(project, {"in/pyproject.toml": text, "in/a.py": "old CLIP", "in/b.py": "ZERO"})
    give(monkeypatch, "CLIP\nZERO")
    assert codes(capsys, "-", "--stdin-filename", "in/a.py") == [("in/a.py", 2, "TL401")]
    give(monkeypatch, "\n\nZERO")
    assert codes(capsys, "in", "-", "--stdin-filename", "in/a.py") == [
        ("in/a.py", 3, "TL401"),
        ("in/b.py", 1, "TL401"),
    ]
    give(monkeypatch, "ZERO")
    assert codes(capsys, "-", "--stdin-filename", "in/gen.py", "--force-exclude") == []


@pytest.mark.parametrize(("color", "expected"), [("always", True), ("never", False), ("auto", False)])
def test_color(project: Path, color: str, expected: bool, capsys: pytest.CaptureFixture[str]) -> None:
    write_files(project, {"a.py": "CLIP"})
    check("--color", color)
    assert ("\x1b[" in capsys.readouterr().out) is expected
