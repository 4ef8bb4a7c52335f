"""`with trainlint.watch(model):`, from entry to exit."""

from __future__ import annotations

import datetime as dt
import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal

import torch
from torch import nn

from trainlint.errors import UsageError
from trainlint.finding import Finding
from trainlint.operations import Role
from trainlint.registry import all_rules
from trainlint.report.run_terminal import print_run
from trainlint.rule import Rule
from trainlint.run import Run, load_run
from trainlint.watch import environment
from trainlint.watch.backward import Backward
from trainlint.watch.batches import Batches
from trainlint.watch.callsite import Sites
from trainlint.watch.clipping import Clipping
from trainlint.watch.discovery import Discovery
from trainlint.watch.forwards import Forwards
from trainlint.watch.journal import Journal
from trainlint.watch.judge import Judge, to_stderr
from trainlint.watch.modes import Modes
from trainlint.watch.norms import NormSizes
from trainlint.watch.optimizers import Optimizers
from trainlint.watch.patches import Patches, Probe, Switch
from trainlint.watch.reaction import OnFinding, Reaction
from trainlint.watch.recorder import Recorder
from trainlint.watch.scaler import Scalers
from trainlint.watch.scaling import Scaling
from trainlint.watch.scene import Scene
from trainlint.watch.schedule import Schedulers
from trainlint.watch.series import Series
from trainlint.watch.store import Row, Store
from trainlint.watch.subjects import Subjects
from trainlint.watch.watched import Watched, layer_facts, size_of

_BEAT_S = 1.0  # how often what grows slowly is written


class Watch:
    """One watched run; `path` is its run file, `None` if that cannot be written."""

    def __init__(
        self,
        models: Sequence[nn.Module],
        path: Path,
        rules: Sequence[Rule],
        *,
        clock: Callable[[], float] = time.perf_counter,
        say: Callable[[str], None] = to_stderr,
        show: Callable[[Run], None] = print_run,
        discover: bool = False,
        on_finding: OnFinding = "print",
    ) -> None:
        """With `discover`, the modules whose parameters an optimizer holds are watched as well.

        Raises:
            UsageError: `on_finding` is nothing that can be done.
        """
        self.path: Path | None = path
        self._modules = models
        self._discover = discover
        self._reaction = Reaction(on_finding, say)
        self._rules = rules
        self._clock = clock
        self._say = say
        self._show = show
        self._store: Store | None = None
        self._patches = Patches()
        self._switches: list[Switch] = []
        self._notices: list[str] = []
        self._beaten = clock()
        self._started = False
        self._process = os.getpid()
        self._sites = Sites()
        self._names = self._sites.here("watch").written.arguments
        self._judge = Judge(rules, self._put, say, self._reaction)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what the rules have found so far."""
        return tuple(self._judge.findings)

    def log(self, **values: float | torch.Tensor) -> None:
        """Keep numbers of your own in the run file, e.g. `run.log(accuracy=0.9)`: each name is one series.

        A tensor on a device is not waited for. What is no single number is one line, and training goes on.
        """
        if not self._started or not self._logging.on:
            return
        try:
            self._series.log(values)
        except Exception as error:
            self._logging.fail(error)

    def __enter__(self) -> Watch:
        try:
            assert self.path is not None
            self.path = _free(self.path)
            self._store = Store(self.path)
        except (OSError, sqlite3.Error) as error:
            self._notice(f"cannot write {self.path} ({error}); this run is watched but not kept")
            self.path = None
        try:
            self._start()
            self._started = True
        except Exception as error:
            self._stop_watching()
            self._notice(f"could not start watching: {type(error).__name__}: {error}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> Literal[False]:
        self._stop_watching()
        if os.getpid() != self._process:
            return False  # a copy of the process that watches: the file is not this one's
        if isinstance(error, SystemExit) and error.code in (None, 0):
            kind = None
        try:
            if self._started:
                self._finish(kind)
            elif self._store is not None:
                self._store.close()
        except Exception as failure:
            self._notice(f"could not finish the run file: {type(failure).__name__}: {failure}")
        if not self._reaction.prints and error is None:  # what is printed stands in the summary
            self._judge.deliver()
        return False

    def _start(self) -> None:
        subjects = Subjects(self._put)
        journal = Journal(self._put, self._sites, subjects, self._follow)
        recorder = Recorder(self._put, journal, self._clock)
        self._journal, self._recorder = journal, recorder
        self._series, self._logging = Series(self._put, recorder), self._switch("run.log")
        self._meta({**environment.describe(), "complete": False})
        scene = self._scene = Scene(self._put, self._beat, self._sites, subjects, journal, recorder)
        scaling = Scaling()
        batches = Batches(scene, self._switch("data loading"))
        optimizers = self._optimizers = Optimizers(scene, scaling, self._switch("optimizers"))
        sizes = NormSizes(scene, self._switch("batch norm input"))
        forwards = self._forwards = Forwards(scene, batches, sizes, self._switch("forward"))
        modes = self._modes = Modes(scene, self._switch("model mode"))
        self._growing = (journal.write_last, batches.write, forwards.write, sizes.write)
        for module, name in zip(self._modules, self._model_names(), strict=True):
            self._add(module, name)
        probes: list[Probe] = [
            batches,
            forwards,
            modes,
            Backward(scene, scaling, batches, forwards, self._switch("backward")),
            optimizers,
            Clipping(scene, scaling, optimizers, self._switch("gradient clipping")),
            Scalers(scene, scaling, optimizers, self._switch("loss scaling")),
            Schedulers(scene, optimizers, self._switch("learning-rate schedules")),
        ]
        if self._discover:
            probes.append(Discovery(scene, self._switch("finding models"), self._adopt))
        for probe in probes:
            probe.install(self._patches)

    def _adopt(self, module: nn.Module) -> None:
        self._add(module, None)
        self._optimizers.look_again()

    def _add(self, module: nn.Module, written: str | None) -> None:
        scene = self._scene
        number = scene.subjects.add(module, Role.MODEL, written, scene.recorder.step, _model_facts(module))
        model = Watched(module, number, scene.subjects.subject(number).name)
        scene.models.append(model)
        self._describe(model)
        self._forwards.add(model)
        self._modes.add(model)

    def _finish(self, kind: type[BaseException] | None) -> None:
        self._journal.close(self._recorder.step)
        self._recorder.finish()
        self._series.finish()
        for write in self._growing:
            write()
        for model in self._scene.models:
            if model.lazy:  # now its sizes are known
                self._scene.subjects.describe(model.number, _model_facts(model.module))
                self._describe(model)
        parameters = (parameter for model in self._scene.models for parameter in model.module.parameters())
        self._meta(
            {
                "devices": environment.devices(parameter.device for parameter in parameters),
                "elapsed_s": self._recorder.elapsed(),
                "seed": torch.initial_seed(),
                "ended_by": None if kind is None else kind.__name__,
                "complete": True,
            }
        )
        store = self._store
        if store is None or self.path is None:
            return
        store.settle()
        if store.error is not None:
            store.close()
            raise store.error
        self._judge.judge(load_run(self.path), self._recorder.step)
        if store.dropped:
            self._notice(f"{store.dropped} rows were dropped because the disk was too slow")
        store.close()
        self._show(load_run(self.path))

    def _stop_watching(self) -> None:
        for switch in self._switches:
            switch.on = False
        self._patches.remove()

    def _describe(self, model: Watched) -> None:
        ident = model.number
        for path, module in model.module.named_modules():
            own = list(module.parameters(recurse=False))
            counts = sum(map(size_of, own)), sum(size_of(p) for p in own if p.requires_grad)
            self._put("layer", (ident, path, type(module).__name__, *counts, json.dumps(layer_facts(module))))
        for path, parameter in model.module.named_parameters():
            self._recorder.number(parameter, model.number, path, anew=True)

    def _model_names(self) -> Sequence[str | None]:
        names = self._names
        return names if len(names) == len(self._modules) else [None] * len(self._modules)

    def _switch(self, probe: str) -> Switch:
        switch = Switch(probe, self._notice, self._reaction.is_for_the_user)
        self._switches.append(switch)
        return switch

    def _follow(self, step: int, pattern: int) -> None:
        self._judge.follow(step, pattern, self._journal.operations)

    def _beat(self) -> None:
        now = self._clock()
        if now - self._beaten > _BEAT_S:
            self._beaten = now
            for write in self._growing:
                write()
        self._judge.deliver()

    def _put(self, table: str, row: Row) -> None:
        if self._store is not None:
            self._store.put(table, row)

    def _meta(self, facts: dict[str, object]) -> None:
        for key, value in facts.items():
            self._put("meta", (key, json.dumps(value)))

    def _notice(self, text: str) -> None:
        self._put("notice", (len(self._notices), text))
        self._notices.append(text)
        self._say(text)


def watch(
    *models: nn.Module,
    path: str | os.PathLike[str] | None = None,
    name: str | None = None,
    on_finding: OnFinding = "print",
) -> Watch:
    """Watch models while they train: `with trainlint.watch(model) as run: ...`.

    Optimizer, scheduler, scaler and loaders are found as they are used. `path` is the run file to write; by
    default it lies in `trainlint-runs/`, named after the time and `name`, by default the script's. Of several
    processes that train together each has its own file, named after its rank.

    A mistake is told at the end of the optimizer step that makes it certain, each once: `on_finding` prints a
    line ("print"), warns with a `FindingWarning` ("warn"), raises a `FindingError` ("raise"), or is a function
    that is given the `Finding`.

    Raises:
        UsageError: something other than modules was given, or `on_finding` is none of these.
    """
    given: tuple[object, ...] = models
    wrong = [model for model in given if not isinstance(model, nn.Module)]
    if wrong or not models:
        got = f"got {type(wrong[0]).__name__}" if wrong else "got nothing"
        raise UsageError(f"trainlint.watch takes the models that are trained (torch.nn.Module); {got}")
    return _watch(models, path, name, on_finding)


def watch_all(
    *, path: str | os.PathLike[str] | None = None, name: str | None = None, on_finding: OnFinding = "print"
) -> Watch:
    """Watch every module whose parameters an optimizer holds that is built from now on; see `watch`."""
    return _watch((), path, name, on_finding, discover=True)


def _watch(
    models: Sequence[nn.Module],
    path: str | os.PathLike[str] | None,
    name: str | None,
    on_finding: OnFinding,
    *,
    discover: bool = False,
) -> Watch:
    rank = environment.rank()
    file = _default_path(name) if path is None else Path(path)
    if rank is None:
        return Watch(models, file, all_rules(), on_finding=on_finding, discover=discover)
    file = file.with_stem(f"{file.stem}-rank{rank}")
    if rank == 0:
        return Watch(models, file, all_rules(), on_finding=on_finding, discover=discover)
    # The ranks do the same: one of them says so.
    quiet: OnFinding = _keep_quiet if on_finding == "print" else on_finding
    return Watch(
        models,
        file,
        all_rules(),
        say=lambda line: to_stderr(f"[rank {rank}] {line}"),
        show=lambda _: None,
        on_finding=quiet,
        discover=discover,
    )


def _keep_quiet(finding: Finding) -> None:
    """Leave a finding to the run file."""


def _free(path: Path) -> Path:
    """Return a path that no file has: what another run left is never written over."""
    free, number = path, 1
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free


def _default_path(name: str | None) -> Path:
    started = dt.datetime.now(dt.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    script = name or Path(sys.argv[0] if sys.argv else "").stem or "python"
    # The system's randomness: Python's own must stay as the user seeded it.
    return Path.cwd() / "trainlint-runs" / f"{started}-{script}-{os.urandom(2).hex()}.sqlite"


def _model_facts(module: nn.Module) -> dict[str, object]:
    parameters = list(module.parameters())
    return {
        "parameters": sum(map(size_of, parameters)),
        "trainable": sum(size_of(p) for p in parameters if p.requires_grad),
    }
