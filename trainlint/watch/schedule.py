"""Learning-rate schedulers: the steps that the user takes with them."""

from __future__ import annotations

import sys
from typing import Any

from torch.optim import Optimizer, lr_scheduler

from trainlint.operations import Kind, Role
from trainlint.watch.callsite import Site
from trainlint.watch.optimizers import Optimizers
from trainlint.watch.patches import Patches, Switch, around
from trainlint.watch.scene import Scene


class Schedulers:
    """Sees `scheduler.step()`, but neither the one in a scheduler's constructor nor those within another."""

    def __init__(self, scene: Scene, optimizers: Optimizers, switch: Switch) -> None:
        self._scene = scene
        self._optimizers = optimizers
        self._switch = switch

    def install(self, patches: Patches) -> None:
        """Patch `step` of each scheduler class that has its own."""
        patches.overrides(
            lr_scheduler.LRScheduler,
            "step",
            lambda f: around(f, self._switch, self._before, self._after, self._aborted),
        )

    def _before(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Site] | None:
        caller = sys._getframe(2).f_code.co_name  # noqa: SLF001 - whoever called the patch around `step`
        if caller == "_initial_step" or not self._scene.idle():
            return None
        self._scene.inside = "scheduler.step"
        return args[0], self._scene.sites.here("step")

    def _after(self, token: tuple[Any, Site], result: None) -> None:
        self._scene.inside = None
        scheduler, site = token
        subjects = self._scene.subjects
        subject = subjects.find(scheduler)
        models, number = None, None
        optimizer = getattr(scheduler, "optimizer", None)
        if isinstance(optimizer, Optimizer):
            stepper = self._optimizers.of(optimizer)
            models, number = stepper.model_numbers, stepper.number
        if subject is None:
            facts = {"optimizer": number, **_settings(scheduler)}
            subject = subjects.add(scheduler, Role.SCHEDULER, site.written.receiver, self._scene.recorder.step, facts)
        self._scene.journal.note(Kind.SCHEDULER_STEP, site, models, number, subject)

    def _aborted(self, token: object) -> None:
        self._scene.inside = None


def _settings(scheduler: Any) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(scheduler).items()
        if not name.startswith("_") and (value is None or isinstance(value, (bool, int, float, str)))
    }
