"""`trainlint check --fix` and `--diff`, through the real command: what changes, what stays, what is said."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from trainlint.cli.main import main
from trainlint.fixing.write import write

ENVIRONMENT = os.environ | {"PYTHONPATH": str(CHECKOUT)}
BAD = "import torch\n\nnet = torch.nn.Sequential(torch.nn.Dropout(0.5))  # é\nnet.eval  # here\n"
GOOD = BAD.replace("net.eval ", "net.eval() ")


def check(*arguments: str) -> int:
    return main(["check", *arguments])


def save(folder: Path, data: bytes | str = BAD, name: str = "a.py") -> Path:
    file = folder / name
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return file


def test_a_fix_changes_what_is_wrong_and_nothing_else(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = save(folder)
    assert check("--fix") == 0
    assert file.read_text("utf-8") == GOOD
    assert capsys.readouterr() == ("", "Fixed 1 finding in 1 file\nNo findings in 1 file\n")
    before = file.stat()
    assert check("--fix") == 0
    assert "Fixed 0 findings in 0 files" in capsys.readouterr().err
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


@pytest.mark.parametrize(
    "data",
    [
        BAD.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + BAD.encode(),
        ("# -*- coding: latin-1 -*-\n" + BAD).encode("latin-1"),
        BAD.replace("net.eval", "if net:\n\tnet.eval").encode(),
        BAD.rstrip("\n").encode(),
        BAD.replace("import torch\n", "import torch\r\n").encode(),
        (BAD + "\n\n\n# the end  \n\n").encode(),
        BAD.replace("\n\n", "\n\f\n").encode(),
    ],
    ids=["crlf", "bom", "latin-1", "tabs", "no-last-line-end", "mixed-line-ends", "trailing", "form-feed"],
)
def test_encoding_line_ends_and_white_space_stay(folder: Path, data: bytes) -> None:
    file = save(folder, data)
    check("--fix")
    assert file.read_bytes() == data.replace(b"net.eval", b"net.eval()")


def test_a_diff_changes_nothing_and_can_be_applied(folder: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    file = save(folder, BAD.rstrip("\n").replace("\n", "\r\n"))
    old = file.read_bytes()
    assert check("--diff") == 1
    out, err = capsysbinary.readouterr()
    assert file.read_bytes() == old
    assert err == b"Would fix 1 finding in 1 file\n"
    assert out.splitlines()[:2] == [b"--- a.py", b"+++ a.py"]
    assert b"-net.eval  # here\n\\ No newline at end of file\n+net.eval()  # here\n\\ No newline" in out
    subprocess.run(["patch", "--binary", "-p0"], input=out, check=True, capture_output=True)
    assert file.read_bytes() == old.replace(b"net.eval", b"net.eval()")


def test_a_clean_file_has_no_diff(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(folder, GOOD)
    assert check("--diff") == 0
    assert capsys.readouterr() == ("", "Would fix 0 findings in 0 files\n")


def test_stdin_can_be_shown_but_not_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    command = [sys.executable, "-m", "trainlint", "check", "--diff", "-"]
    done = subprocess.run(command, input=BAD.encode(), capture_output=True, check=False, env=ENVIRONMENT)
    assert done.returncode == 1
    assert b"+net.eval()" in done.stdout
    assert check("--fix", "-") == 2
    assert "--diff shows" in capfd.readouterr().err


@pytest.mark.parametrize(
    "options", [("--unsafe-fixes",), ("--diff", "--output-format", "json")], ids=["unsafe-alone", "diff-as-json"]
)
def test_options_that_do_not_go_together(folder: Path, options: tuple[str, ...]) -> None:
    assert check(*options) == 2


def test_the_mode_stays(folder: Path) -> None:
    file = save(folder)
    file.chmod(0o750)
    check("--fix")
    assert file.read_text("utf-8") == GOOD
    assert stat.S_IMODE(file.stat().st_mode) == 0o750


def test_a_read_only_file_stays_and_its_findings_are_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = save(folder)
    file.chmod(0o444)
    assert check("--fix") == 1
    assert file.read_text("utf-8") == BAD
    out, err = capsys.readouterr()
    assert "TL104" in out
    assert "a.py is not written: it is read-only" in err
    assert "Fixed 0 findings in 0 files" in err


def test_a_link_goes_on_pointing_to_the_file(folder: Path) -> None:
    (folder / "real").mkdir()
    file = save(folder / "real")
    link = folder / "b.py"
    link.symlink_to("real/a.py")
    assert check("--fix", "b.py") == 0
    assert link.is_symlink()
    assert link.readlink() == Path("real/a.py")
    assert file.read_text("utf-8") == GOOD


def test_a_file_with_two_names_is_fixed_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = save(folder)
    (folder / "b.py").symlink_to("a.py")
    assert check("--fix") == 0
    assert file.read_text("utf-8") == GOOD
    assert "not written" not in capsys.readouterr().err


def test_a_file_that_changes_meanwhile_is_left_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = save(folder)
    fsync = os.fsync

    def meanwhile(handle: int) -> None:
        file.write_text("mine = 1\n")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", meanwhile)
    assert check("--fix") == 1
    assert file.read_text() == "mine = 1\n"
    assert "a.py is not written: it has changed since it was read" in capsys.readouterr().err


def test_a_full_disk_leaves_the_file_and_no_remains(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = save(folder)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert write(file, BAD.encode(), GOOD.encode()) == "No space left on device"
    assert file.read_text("utf-8") == BAD
    assert [each.name for each in folder.iterdir()] == ["a.py"]


def test_what_is_silenced_or_not_selected_is_not_fixed(folder: Path) -> None:
    silenced = BAD.replace("# here", "# trainlint: ignore")
    file = save(folder, silenced)
    assert check("--fix") == 0
    assert file.read_text("utf-8") == silenced
    file = save(folder)
    assert check("--fix", "--select", "TL3") == 0
    assert file.read_text("utf-8") == BAD


UNSAFE = """import torch.nn as nn

block = nn.Sequential(
    nn.Conv2d(
        3,  # colours
        8,
        kernel_size=3,  # small
    ),
    nn.BatchNorm2d(8),
)
"""


def test_unsafe_fixes_are_made_for_the_asking(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = save(folder, UNSAFE)
    assert check("--fix") == 1
    assert file.read_text() == UNSAFE
    assert "Fixes to be had: 1 with `--fix --unsafe-fixes`" in capsys.readouterr().err
    assert check("--fix", "--unsafe-fixes") == 0
    assert "    3,  # colours\n        8,\n" in file.read_text()
    assert "bias=False,\n    ),\n" in file.read_text()


CLIP = """
import torch

def train(net, opt, amp, batches):
    for x, y in batches:
        opt.zero_grad()
        amp.scale((net(x) - y).square().mean()).backward()
{between}
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        amp.step(opt)
        amp.update()

net = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
train(net, optimizer, torch.amp.GradScaler("cuda"), [(torch.randn(8, 4), torch.randn(8, 2))])
"""


def test_names_are_those_of_the_place(folder: Path) -> None:
    between = "\n        # not too long a step"
    file = save(folder, CLIP.format(between=between))
    assert check("--fix") == 0
    assert file.read_text() == CLIP.format(between=f"        amp.unscale_(opt)\n{between}")


def test_a_fix_that_would_bring_another_finding_is_not_made(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = """import torch
net = torch.nn.Linear(4, 2)
opt = torch.optim.SGD(net.parameters(), lr=0.1)
for x, y in [(torch.randn(8, 4), torch.randn(8, 2))] * 9:
    (net(x) - y).square().mean().backward()
    opt.step
"""
    file = save(folder, text)
    assert check("--fix") == 1
    assert file.read_text() == text
    assert "a.py:6: TL104 is not fixed: TL401 would be found in a.py then" in capsys.readouterr().err
    assert check("--fix", "--unsafe-fixes") == 1
    assert file.read_text() == text


def test_many_findings_of_a_file_are_fixed_one_after_the_other(folder: Path) -> None:
    text = """import torch
from torch.cuda.amp import GradScaler, autocast

net = torch.nn.Linear(4, 2)
net.train
scaler, total = GradScaler(), 0
with autocast(): net.eval
"""
    file = save(folder, text)
    assert check("--fix") == 0
    expected = text.replace("from torch.cuda.amp", "from torch.amp").replace("GradScaler()", 'GradScaler("cuda")')
    expected = expected.replace("autocast()", 'autocast("cuda")').replace("net.train", "net.train()")
    assert file.read_text() == expected.replace("net.eval", "net.eval()")


def test_libcst_is_imported_only_for_fixes(folder: Path) -> None:
    save(folder)
    code = "import sys; from trainlint.cli.main import main; main(['check']); assert 'libcst' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=ENVIRONMENT)
