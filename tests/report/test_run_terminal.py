"""A run in the terminal: 80 columns, with and without colour, with and without Unicode."""

# ruff: noqa: RUF001 - the sign for a missing value

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from trainlint.finding import Finding, Fix, Location, Related, Severity
from trainlint.operations import Role, Subject
from trainlint.report.run_terminal import render_run
from trainlint.report.spark import bar, glyphs_for, sparkline
from trainlint.run import Run
from trainlint.run_facts import Series, Steps, Thing

MODEL = Subject(Role.MODEL, 0, "model")
OPTIMIZER = Subject(Role.OPTIMIZER, 1, "optimizer")
CODE = """\
for images, labels in loader:
    optimizer.zero_grad()
    loss = criterion(model(images), labels)
    scaler.scale(loss).backward()
    clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(optimizer)
    scaler.update()
"""
FINDING = Finding(
    "TL301",
    "clip-before-unscale",
    Severity.ERROR,
    "`clip_grad_norm_` clips gradients still multiplied by `scaler`'s loss scale",
    Location("train.py", 5, 5, 5, 45),
    (Related(Location("train.py", 4, 5, 4, 34), "backward of the loss that `scaler` scaled"),),
    fix=Fix("call `scaler.unscale_(optimizer)` before clipping", safe=True),
)


def make_run(count: int = 200) -> Run:
    steps = Steps(
        step=list(range(count)),
        optimizer=[OPTIMIZER] * count,
        time_s=[0.02 * (step + 1) for step in range(count)],
        wall_s=[None, *[0.02] * (count - 1)],
        data_s=[0.004] * count,
        forward_s=[0.006] * count,
        backward_s=[0.007] * count,
        optimizer_s=[0.002] * count,
        backwards=[1] * count,
        loss=[2.3 * math.exp(-step / 60) for step in range(count)],
        rates=[(0.1 * (1 - step / count), 0.01) for step in range(count)],
        norm_before=[1.5 + math.sin(step) for step in range(count)],
        norm_after=[min(1.0, 1.5 + math.sin(step)) for step in range(count)],
        clipped=[True] * count,
        loss_scale=[65536.0 if step < 10 else 32768.0 for step in range(count)],
        skipped=[step == 9 for step in range(count)],
    )
    return Run(
        path=Path("trainlint-runs/run.sqlite"),
        meta={"argv": ["train.py"], "elapsed_s": 4.2, "ended_by": None, "devices": ["cuda:0 NVIDIA H100"]},
        models=(Thing(MODEL, "ResNet", 0, {"parameters": 11_689_512, "trainable": 1_689_512}),),
        optimizers=(Thing(OPTIMIZER, "SGD", 0, {"models": [0], "groups": []}),),
        schedulers=(Thing(Subject(Role.SCHEDULER, 2, "scheduler"), "CosineAnnealingLR", 0, {"optimizer": 1}),),
        scalers=(),
        loaders=(),
        layers=(),
        steps=steps,
        feeds=(),
        forwards=(),
        norm_layers=(),
        series={},
        findings=(FINDING,),
        notices=(),
        sources={"train.py": CODE},
        patterns={},
        stretches=(),
        parameters={},
        layouts={},
    )


def show(run: Run, *, encoding: str = "utf-8", colour: bool = False, width: int = 80) -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(
        file=stream,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
    )
    render_run(run, console)
    stream.seek(0)
    return stream.read()


def test_a_run_in_plain_text(folder: Path, golden: Callable[[str, str], None]) -> None:
    golden("run.txt", show(make_run()))


def test_a_run_in_ascii(folder: Path, golden: Callable[[str, str], None]) -> None:
    golden("run_ascii.txt", show(make_run(), encoding="ascii"))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_of_the_panel_is_wider_than_the_terminal(folder: Path, width: int) -> None:
    lines = show(make_run(), width=width).splitlines()
    panel = [line for line in lines if line.startswith(("│", "╭", "╰"))]
    assert {len(line) for line in panel} == {min(width, 100)}


def test_colour_adds_nothing_but_colour(folder: Path) -> None:
    import re

    coloured = show(make_run(), colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == show(make_run())


def test_a_run_without_steps(folder: Path) -> None:
    run = replace(make_run(0), findings=(), optimizers=(), schedulers=())
    assert "no optimizer step was seen" in show(run)
    assert "No findings in trainlint-runs/run.sqlite" in show(run)


def test_series_of_the_users_own(folder: Path) -> None:
    series = {f"score{n}": Series([1, 2], [0.1, 0.2], [n, n + 1.0]) for n in range(10)}
    shown = show(replace(make_run(), series=series))
    assert "score7       7 → 8" in shown
    assert "2 more series of your own: score8, score9" in shown
    assert "score9" in show(replace(make_run(0), series={"score9": series["score9"]}))


def test_losses_and_norms_that_are_not_finite(folder: Path) -> None:
    run = make_run(4)
    steps = replace(
        run.steps,
        loss=[1.0, math.nan, math.inf, None],
        norm_before=[math.nan, math.inf, None, math.nan],
        norm_after=[None] * 4,
    )
    shown = show(replace(run, steps=steps))
    assert "1 → inf" in shown
    assert "never finite" in shown


def test_what_went_wrong_in_the_watch_is_shown(folder: Path) -> None:
    run = replace(make_run(), notices=("backward is no longer watched: LookupError: no such thing",))
    assert "note: backward is no longer watched: LookupError: no such thing" in show(run)


def test_a_run_that_was_interrupted_or_killed(folder: Path) -> None:
    run = make_run()
    assert "train.py in 4.2 s, ended by KeyboardInterrupt" in show(
        replace(run, meta={**run.meta, "ended_by": "KeyboardInterrupt"})
    )
    assert "train.py, not finished" in show(replace(run, meta={"argv": ["train.py"]}))


def test_sparklines() -> None:
    glyphs = glyphs_for("utf-8")
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8, glyphs) == "▁▂▃▄▅▆▇█"
    assert sparkline([0, 0, 7, 7], 2, glyphs) == "▁█"
    assert sparkline([3, 3, 3], 10, glyphs) == "▁▁▁"
    assert sparkline([0, math.nan, 1], 3, glyphs) == "▁×█"
    assert sparkline([math.inf] * 3, 3, glyphs) == "×××"
    assert sparkline([], 3, glyphs) == ""
    assert sparkline([0, 7], 2, glyphs_for("ascii")) == "_@"


def test_bars_are_as_long_as_they_should_be() -> None:
    glyphs = glyphs_for("utf-8")
    for parts in (3, 5, 7):
        assert len(bar([("part", 1 / parts)] * parts, 58, glyphs).plain) == 58
    assert bar([("data", 0.25), ("forward", 0.75)], 8, glyphs).plain == "░░▒▒▒▒▒▒"
