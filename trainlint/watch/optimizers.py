"""Optimizers as they are met: which models they train, the steps they take, and when they clear gradients."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from trainlint.operations import Kind, Role
from trainlint.watch.callsite import Site
from trainlint.watch.flight import Norms
from trainlint.watch.patches import Patches, Switch, around, is_compiling
from trainlint.watch.readings import number_of
from trainlint.watch.recorder import Stepper
from trainlint.watch.scaling import Scaling
from trainlint.watch.scene import Scene
from trainlint.watch.watched import size_of


@dataclass(slots=True)
class _Begun:
    """A step in progress, and the id of the frame that it runs in."""

    optimizer: Optimizer
    frame: int
    started: float
    norms: Norms | None


class Optimizers:
    """Finds optimizers, and sees each step of theirs."""

    def __init__(self, scene: Scene, scaling: Scaling, switch: Switch) -> None:
        self._scene = scene
        self._scaling = scaling
        self._switch = switch
        self._known: dict[int, tuple[weakref.ref[Optimizer], Stepper]] = {}
        # An optimizer may step another, or its own base class, inside its step: the outermost counts.
        self._begun: list[_Begun] = []
        self.inner_step: tuple[Norms | None, torch.Tensor | None] | None = None

    def install(self, patches: Patches) -> None:
        """Hook into every optimizer, through the class."""
        patches.hook(register_optimizer_step_pre_hook(self._before_step))
        patches.hook(register_optimizer_step_post_hook(self._after_step))
        patches.overrides(Optimizer, "zero_grad", lambda f: around(f, self._switch, self._clearing, self._cleared))

    def of(self, optimizer: Optimizer, written: str | None = None) -> Stepper:
        """Return what is known of an optimizer, finding it out the first time; `written` names it."""
        key = id(optimizer)
        known = self._known.get(key)
        if known is None or known[0]() is not optimizer:
            number = self._scene.subjects.add(optimizer, Role.OPTIMIZER, written, self._scene.recorder.step)
            forget = weakref.ref(optimizer, lambda _: self._known.pop(key, None))
            known = self._known[key] = forget, self._look(optimizer, number)
        elif written is not None and not known[1].named:
            known[1].named = self._scene.subjects.name(known[1].number, written)
        return known[1]

    def look_again(self) -> None:
        """Find out anew which models the optimizers train: there are more models now."""
        for key, (reference, stepper) in list(self._known.items()):
            optimizer = reference()
            if optimizer is not None:
                found = self._look(optimizer, stepper.number)
                found.named = stepper.named
                self._known[key] = reference, found

    def owner(self, parameters: set[int]) -> int | None:
        """Return the one optimizer met so far that has all of these parameters, given by their ids."""
        owners = [
            stepper.number
            for _, stepper in self._known.values()
            if parameters <= {id(parameter) for parameter in stepper.parameters}
        ]
        return owners[0] if len(owners) == 1 else None

    def record(
        self,
        kind: Kind,
        site: Site,
        optimizer: Optimizer,
        stepper: Stepper,
        seconds: float,
        norms: Norms | None,
        skipped: bool | torch.Tensor,
        scaler: int | None = None,
    ) -> None:
        """Write down one optimizer step."""
        scene = self._scene
        scene.journal.note(kind, site, stepper.model_numbers, stepper.number, None, scaler)
        rates = [_rate(group["lr"]) for group in optimizer.param_groups if "lr" in group]
        scene.recorder.close(stepper, rates, seconds, norms, skipped)
        for model in stepper.models:
            if model.gradients_touched():  # an optimizer of the user's may clear them itself
                scene.journal.note(Kind.ZERO_GRAD, site, model.numbers)
        scene.beat()

    def _look(self, optimizer: Optimizer, number: int) -> Stepper:
        scene = self._scene
        parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        ids = {id(parameter) for parameter in parameters}
        models = [model for model in scene.models if not model.parameter_ids.isdisjoint(ids)]
        name = scene.subjects.subject(number).name
        numbers = [
            scene.recorder.number(parameter, None, f"{name}.param_groups[{group}]['params'][{place}]")
            for group, entry in enumerate(optimizer.param_groups)
            for place, parameter in enumerate(entry["params"])
        ]
        model_numbers = frozenset(model.number for model in models)
        facts = {"models": sorted(model_numbers), "groups": _groups(optimizer)}
        scene.subjects.describe(number, facts)
        layout = scene.recorder.layout(numbers)
        return Stepper(number, models, model_numbers, parameters, numbers, layout, named=False)

    def _before_step(self, optimizer: Optimizer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if is_compiling():
            return
        try:
            if not self._switch.on or not self._scene.mine():
                return
            frame = sys._getframe(1)  # noqa: SLF001 - the step in progress
            while self._begun and not _runs_in(frame.f_back, self._begun[-1].frame):
                self._begun.pop()  # it raised
            norms = None
            # A closure computes the gradients inside the step: they are measured after it.
            if not self._begun and not any(map(callable, (*args[1:], *kwargs.values()))):
                stepper = self.of(optimizer)
                if len(stepper.parameters) != sum([len(group["params"]) for group in optimizer.param_groups]):
                    stepper = self._look(optimizer, stepper.number)
                    self._known[id(optimizer)] = self._known[id(optimizer)][0], stepper
                norms = self._scene.recorder.measure(stepper, self._scaling.left_in(stepper))
                self._note_by_hand(stepper)
            self._begun.append(_Begun(optimizer, id(frame), self._scene.recorder.clock(), norms))
        except Exception as error:
            self._switch.fail(error)

    def _note_by_hand(self, stepper: Stepper) -> None:
        """Note gradients that the user wrote before the step; what was done to them is no clearing by the step."""
        for model in stepper.models:
            if model.gradients_replaced():
                self._scene.journal.note(Kind.UNKNOWN, self._scene.sites.here("step"), model.numbers)

    def _after_step(self, optimizer: Optimizer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if is_compiling():
            return
        scene = self._scene
        try:
            if not self._switch.on or not self._begun or not scene.mine():
                return
            begun = self._begun.pop()
            if self._begun or begun.optimizer is not optimizer:
                return
            seconds = scene.recorder.clock() - begun.started
            norms = begun.norms
            if norms is None:
                stepper = self.of(optimizer)
                norms = scene.recorder.measure(stepper, self._scaling.left_in(stepper))
            if scene.inside == "scaler.step":
                self.inner_step = (norms, getattr(optimizer, "found_inf", None))
                return
            site = scene.sites.here("step")
            stepper = self.of(optimizer, site.written.receiver)
            self.record(Kind.OPTIMIZER_STEP, site, optimizer, stepper, seconds, norms, False)
        except Exception as error:
            self._switch.fail(error)

    def _clearing(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Optimizer, Site] | None:
        if not self._scene.mine():
            return None
        return args[0], self._scene.sites.here("zero_grad")

    def _cleared(self, token: tuple[Optimizer, Site], result: object) -> None:
        optimizer, site = token
        stepper = self.of(optimizer, site.written.receiver)
        self._scene.journal.note(Kind.ZERO_GRAD, site, stepper.model_numbers, stepper.number)
        for model in stepper.models:
            model.settle()


def _runs_in(frame: FrameType | None, ident: int) -> bool:
    while frame is not None:
        if id(frame) == ident:
            return True
        frame = frame.f_back
    return False


def _rate(rate: float | torch.Tensor) -> float | torch.Tensor:
    """Return a learning rate as it is now; one that is a tensor is changed in place later."""
    return number_of(rate) if isinstance(rate, torch.Tensor) else rate


def _groups(optimizer: Optimizer) -> Sequence[dict[str, Any]]:
    """Return the settings of each parameter group that are plain values, and how many parameters it has."""
    return [
        {
            name: value
            for name, value in group.items()
            if value is None or isinstance(value, (bool, int, float, str, tuple))
        }
        | {
            "parameters": len(group["params"]),
            "values": sum(map(size_of, group["params"])),
        }
        for group in optimizer.param_groups
    ]
