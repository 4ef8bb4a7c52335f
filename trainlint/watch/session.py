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
from trainlint.watch.forwards import Forwards
from trainlint.watch.journal import Journal
from trainlint.watch.judge import Judge, to_stderr
from trainlint.watch.modes import Modes
from trainlint.watch.norms import NormSizes
from trainlint.watch.optimizers import Optimizers
from trainlint.watch.patches import Patches, Switch
from trainlint.watch.recorder import Recorder
from trainlint.watch.scaler import Scalers
from trainlint.watch.scaling import Scaling
from trainlint.watch.scene import Scene
from trainlint.watch.schedule import Schedulers
from trainlint.watch.store import Row, Store
from trainlint.watch.subjects import Subjects
from trainlint.watch.watched import Watched, layer_facts

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
    ) -> None:
        self.path: Path | None = path
        self._modules = models
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
        self._sites = Sites()
        self._names = self._sites.here("watch").written.arguments
        self._judge = Judge(rules, self._put, say)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what the rules have found so far."""
        return tuple(self._judge.findings)

    def __enter__(self) -> Watch:
        try:
            assert self.path is not None
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
        try:
            if self._started:
                self._finish(kind)
            elif self._store is not None:
                self._store.close()
        except Exception as failure:
            self._notice(f"could not finish the run file: {type(failure).__name__}: {failure}")
        return False

    def _start(self) -> None:
        subjects = Subjects(self._put)
        journal = Journal(self._put, self._sites, subjects, self._follow)
        models = [
            self._watched(subjects, module, name)
            for module, name in zip(self._modules, self._model_names(), strict=True)
        ]
        recorder = Recorder(self._put, journal, self._clock, models)
        self._journal, self._recorder = journal, recorder
        for model in models:
            self._describe(model)
        self._meta({**environment.describe(), "complete": False})
        scene = Scene(self._put, self._beat, self._sites, subjects, journal, recorder, models)
        scaling = Scaling()
        batches = Batches(scene, self._switch("data loading"))
        optimizers = Optimizers(scene, scaling, self._switch("optimizers"))
        sizes = NormSizes(scene, self._switch("batch norm input"))
        forwards = Forwards(scene, batches, sizes, self._switch("forward"))
        self._growing = (journal.write_last, batches.write, forwards.write, sizes.write)
        for probe in (
            batches,
            forwards,
            Modes(scene, self._switch("model mode")),
            Backward(scene, scaling, batches, forwards, self._switch("backward")),
            optimizers,
            Clipping(scene, scaling, optimizers, self._switch("gradient clipping")),
            Scalers(scene, scaling, optimizers, self._switch("loss scaling")),
            Schedulers(scene, optimizers, self._switch("learning-rate schedules")),
        ):
            probe.install(self._patches)

    def _finish(self, kind: type[BaseException] | None) -> None:
        self._journal.close(self._recorder.step)
        self._recorder.finish()
        for write in self._growing:
            write()
        devices = environment.devices(parameter.device for module in self._modules for parameter in module.parameters())
        self._meta(
            {
                "devices": devices,
                "elapsed_s": self._recorder.elapsed(),
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
            counts = sum(p.numel() for p in own), sum(p.numel() for p in own if p.requires_grad)
            self._put("layer", (ident, path, type(module).__name__, *counts, json.dumps(layer_facts(module))))
        for path, parameter in model.module.named_parameters():
            self._recorder.number(parameter, model.number, path)

    @staticmethod
    def _watched(subjects: Subjects, module: nn.Module, written: str | None) -> Watched:
        number = subjects.add(module, Role.MODEL, written, 0, _model_facts(module))
        return Watched(module, number, subjects.subject(number).name)

    def _model_names(self) -> Sequence[str | None]:
        names = self._names
        return names if len(names) == len(self._modules) else [None] * len(self._modules)

    def _switch(self, probe: str) -> Switch:
        switch = Switch(probe, self._notice)
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


def watch(*models: nn.Module, path: str | os.PathLike[str] | None = None, name: str | None = None) -> Watch:
    """Watch models while they train: `with trainlint.watch(model): ...`.

    Optimizer, scheduler, scaler and loaders are found as they are used. `path` is the run file to write; by
    default it lies in `trainlint-runs/`, named after the time and `name`, by default the script's.

    Raises:
        UsageError: something other than modules was given.
    """
    given: tuple[object, ...] = models
    wrong = [model for model in given if not isinstance(model, nn.Module)]
    if wrong or not models:
        got = f"got {type(wrong[0]).__name__}" if wrong else "got nothing"
        raise UsageError(f"trainlint.watch takes the models that are trained (torch.nn.Module); {got}")
    return Watch(models, _default_path(name) if path is None else Path(path), all_rules())


def _default_path(name: str | None) -> Path:
    started = dt.datetime.now(dt.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    script = name or Path(sys.argv[0] if sys.argv else "").stem or "python"
    # The system's randomness: Python's own must stay as the user seeded it.
    return Path.cwd() / "trainlint-runs" / f"{started}-{script}-{os.urandom(2).hex()}.sqlite"


def _model_facts(module: nn.Module) -> dict[str, object]:
    parameters = list(module.parameters())
    return {
        "parameters": sum(p.numel() for p in parameters),
        "trainable": sum(p.numel() for p in parameters if p.requires_grad),
    }
