"""A run in the terminal: how training went in one panel, then what was found."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from trainlint.finding import Finding, Location, Place
from trainlint.report.location import placed
from trainlint.report.spark import Glyphs, bar, glyphs_for, sparkline
from trainlint.report.terminal import print_findings
from trainlint.run import Run
from trainlint.run_facts import Steps, Thing
from trainlint.source.read import Source

_WIDTH = 100  # wider lines are hard to read
_PHASES = (("data", "data_s"), ("forward", "forward_s"), ("backward", "backward_s"), ("step", "optimizer_s"))
_GROUPS = 3  # parameter groups shown of each optimizer
_SERIES = 8  # series of the user's own that are shown


def print_run(run: Run) -> None:
    """Show a run at the end of training, beside what the program itself prints."""
    render_run(run, Console(stderr=True))


def render_run(run: Run, console: Console) -> None:
    """Show a run: what was trained, how it went, and what was found."""
    glyphs = glyphs_for(console.encoding)
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="dim", no_wrap=True)
    rows.add_column(ratio=1)
    for name, value in _rows(run, glyphs):
        rows.add_row(name, value)
    width = min(console.width, _WIDTH)
    console.print(Panel(rows, title=_title(run), title_align="left", border_style="dim", width=width))
    findings, sources = _found(run)
    print_findings(findings, sources, console)
    for notice in run.notices:
        console.print(Text(f"note: {notice}", style="yellow"), soft_wrap=True)
    count = len(findings)
    found = f"Found {count} finding{'' if count == 1 else 's'}" if count else "No findings"
    console.print(Text.assemble((found, "bold"), f" in {_shown(str(run.path))}"), soft_wrap=True)


def _rows(run: Run, glyphs: Glyphs) -> Iterator[tuple[str, RenderableType]]:
    for model in run.models:
        yield "model", _model(run, model)
    yield from _training(run, glyphs)
    names = list(run.series)
    for name in names[:_SERIES]:
        yield name, _course(run.series[name].value, glyphs)
    if len(names) > _SERIES:
        yield "also", Text(f"{len(names) - _SERIES} more series of your own: {', '.join(names[_SERIES:])}")


def _training(run: Run, glyphs: Glyphs) -> Iterator[tuple[str, RenderableType]]:
    if not run.steps.step:
        yield "steps", Text("no optimizer step was seen", style="yellow")
        return
    steps = run.steps
    places = {
        thing.subject: [i for i, s in enumerate(steps.optimizer) if s == thing.subject] for thing in run.optimizers
    }
    trains = [thing for thing in run.optimizers if thing.facts.get("models") and places[thing.subject]]
    others = [thing for thing in run.optimizers if thing not in trains and places[thing.subject]]
    shown = trains or others
    yield "time", _time(steps, sorted(place for thing in shown for place in places[thing.subject]), glyphs)
    for thing in shown:
        yield from _optimizer(run, thing, places[thing.subject], glyphs, named=len(shown) > 1)
    if any(scale is not None for scale in steps.loss_scale):
        yield "loss scale", _loss_scale(steps)
    for thing in others if trains else ():
        yield "also", _named(thing).append(f", {len(places[thing.subject]):,} steps on no watched model")


def _model(run: Run, model: Thing) -> Text:
    devices = run.meta.get("devices") or []
    parameters, trainable = model.facts["parameters"], model.facts["trainable"]
    text = _named(model).append(f", {parameters:,} parameters")
    frozen = parameters - trainable
    if frozen:
        text.append(f" ({frozen:,} frozen)")
    return text.append(f" on {', '.join(devices)}" if devices else "")


def _named(thing: Thing) -> Text:
    """Return the class of an object, and the user's name for it."""
    text = Text(thing.type, "bold")
    return text if thing.subject.name == thing.type else text.append(f" `{thing.subject.name}`", "not bold")


def _time(steps: Steps, mine: Sequence[int], glyphs: Glyphs) -> RenderableType:
    """Show the median step on the host's clock, split into its phases."""
    # The first step warms up; the steps after it begin where the one before ended.
    walls = [wall for place in mine[1:] if (wall := steps.wall_s[place]) is not None]
    if not walls:
        return Text(f"{len(mine)} step")
    wall = median(walls)
    parts = []
    for name, column in _PHASES:
        measured = [seconds for place in mine[1:] if (seconds := getattr(steps, column)[place]) is not None]
        if measured:
            parts.append((name, median(measured)))
    known = sum(seconds for _, seconds in parts)
    if wall > known:
        parts.append(("other", wall - known))
    total = max(wall, known)
    shares = [(name, seconds / total) for name, seconds in parts]
    head = Text(f"{_seconds(wall)} a step, {len(mine):,} steps")
    return Group(head, bar(shares, 58, glyphs), _legend(shares, glyphs))


def _legend(shares: Sequence[tuple[str, float]], glyphs: Glyphs) -> Text:
    legend = Text()
    for place, (name, share) in enumerate(shares):
        fill, colour = glyphs.fills[place % len(glyphs.fills)]
        legend.append(fill, style=colour)
        legend.append(f" {name} {share:.0%} ")
    legend.rstrip()
    return legend


def _optimizer(
    run: Run, optimizer: Thing, mine: Sequence[int], glyphs: Glyphs, *, named: bool
) -> Iterator[tuple[str, RenderableType]]:
    steps = run.steps
    text = _named(optimizer)
    schedulers = [s.type for s in run.schedulers if s.facts.get("optimizer") == optimizer.subject.ident]
    if schedulers:
        text.append(f" with {', '.join(schedulers)}")
    yield "optimizer", text.append(f", {len(mine):,} steps" if named else "")
    losses = [loss for index in mine if (loss := steps.loss[index]) is not None]
    if losses:
        yield "loss", _course(losses, glyphs)
    groups = len(steps.rates[mine[0]])
    for group in range(min(groups, _GROUPS)):
        rates = [steps.rates[index][group] for index in mine if group < len(steps.rates[index])]
        more = f"  and {groups - _GROUPS} more groups" if group == _GROUPS - 1 and groups > _GROUPS else ""
        yield "lr" if groups == 1 else f"lr, group {group}", _course(rates, glyphs).append(more)
    norms = [norm for index in mine if (norm := steps.norm_before[index]) is not None]
    if norms:
        finite = [norm for norm in norms if norm - norm == 0]
        text = Text(f"median {median(finite):.4g}, max {max(finite):.4g}" if finite else "never finite")
        if len(finite) < len(norms):
            text.append(f", not finite in {len(norms) - len(finite):,}", style="yellow")
        clipped = sum(_was_clipped(steps, index) for index in mine)
        if any(steps.clipped[index] for index in mine):
            text.append(f", clipped in {clipped / len(mine):.0%} of the steps")
        yield "gradient", text


def _course(values: Sequence[float], glyphs: Glyphs) -> Text:
    """Show where a series begins and ends, and its way there."""
    first, last = f"{values[0]:.4g}", f"{values[-1]:.4g}"
    if min(values) == max(values):
        return Text(first)
    return Text(f"{f'{first} {glyphs.arrow} {last}':<24}").append(sparkline(values, 34, glyphs), style="cyan")


def _loss_scale(steps: Steps) -> Text:
    scales = [scale for scale in steps.loss_scale if scale is not None]
    skipped = sum(steps.skipped)
    scaled = len(scales)
    text = Text(f"{scales[0]:,.6g} to {scales[-1]:,.6g}" if scales[0] != scales[-1] else f"{scales[0]:,.6g}")
    return text.append(f", {skipped:,} of {scaled:,} steps skipped", style="yellow" if skipped else "")


def _was_clipped(steps: Steps, index: int) -> bool:
    before, after = steps.norm_before[index], steps.norm_after[index]
    return steps.clipped[index] and before is not None and after is not None and after < before * (1 - 1e-4)


def _found(run: Run) -> tuple[list[Finding], dict[str, Source]]:
    """Return the findings in order, and the code they speak of as it was; files are named from here."""
    findings = [_moved(finding) for finding in run.findings]
    sources = {_shown(file): Source(_shown(file), text.encode()) for file, text in run.sources.items()}
    return sorted(findings, key=lambda finding: (placed(finding.location), finding.code)), sources


def _moved(finding: Finding) -> Finding:
    def move(location: Place | Location) -> Location:
        location = placed(location)
        return replace(location, file=_shown(location.file))

    related = tuple(replace(each, location=move(each.location)) for each in finding.related)
    return replace(finding, location=move(finding.location), related=related)


def _title(run: Run) -> str:
    argv = run.meta.get("argv") or [""]
    script = Path(argv[0])
    name = (script.parent if script.name == "__main__.py" else script).name or "python"
    elapsed = run.meta.get("elapsed_s")
    ended = run.meta.get("ended_by")
    state = f" in {_seconds(elapsed)}" if elapsed is not None else ", not finished"
    return f"trainlint  {name}{state}" + (f", ended by {ended}" if ended else "")


def _seconds(seconds: float) -> str:
    if seconds >= 3600:
        return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"
    if seconds >= 60:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    if seconds >= 1:
        return f"{seconds:.3g} s"
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} µs"


def _shown(file: str) -> str:
    """Return a file relative to the working directory when it lies below it."""
    relative = os.path.relpath(file) if Path(file).is_absolute() else file
    return file if relative.startswith("..") else relative
