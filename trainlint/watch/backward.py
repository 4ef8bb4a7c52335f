"""Backward passes: their time, their loss, and whose gradients they change."""

from __future__ import annotations

from typing import Any

import torch

from trainlint.operations import Kind
from trainlint.watch.batches import Batches
from trainlint.watch.callsite import Site
from trainlint.watch.forwards import Forwards
from trainlint.watch.patches import Patches, Switch, around
from trainlint.watch.readings import number_of
from trainlint.watch.scaling import Scaling
from trainlint.watch.scene import Scene

Token = tuple[Site, float, "bool | None", "float | torch.Tensor | None"]


class Backward:
    """Sees `tensor.backward()` and `torch.autograd.backward(tensors)`, to which the former leads."""

    def __init__(self, scene: Scene, scaling: Scaling, batches: Batches, forwards: Forwards, switch: Switch) -> None:
        self._scene = scene
        self._scaling = scaling
        self._batches = batches
        self._forwards = forwards
        self._switch = switch

    def install(self, patches: Patches) -> None:
        """Patch the function that every backward goes through."""
        patches.attribute(
            torch.autograd,
            "backward",
            lambda f: around(f, self._switch, self._before, self._after, self._aborted),
        )
        # `torch.autograd.grad`, as for a gradient penalty, uses a graph as well.
        patches.attribute(torch.autograd, "grad", lambda f: around(f, self._switch, self._asking, self._asked))

    def _before(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Token | None:
        scene = self._scene
        if not scene.idle():
            return None
        tensors = args[0] if args else kwargs["tensors"]
        several = (tensors,) if isinstance(tensors, torch.Tensor) else tuple(tensors)
        scaled, loss = self._scaling.backward(several)
        if not scaled:
            loss = number_of(several[0]) if len(several) == 1 and several[0].numel() == 1 else None
        site = scene.sites.here("backward")
        self._note_cleared_by_hand(site)
        scene.inside = "backward"
        return site, scene.recorder.clock(), scaled, loss

    def _after(self, token: Token, result: None) -> None:
        site, started, scaled, loss = token
        scene = self._scene
        seconds = scene.recorder.clock() - started
        scene.inside = None
        scene.recorder.trained(seconds, loss)
        if scaled:
            scene.recorder.window.loss_scale = self._scaling.scale
        concerned = frozenset([model.number for model in scene.models if model.gradients_changed()])
        scaler = self._scaling.scaler if scaled else None
        scene.journal.note(Kind.BACKWARD, site, concerned, None, None, scaler, scaled)
        self._batches.trained()
        self._forwards.trained()

    def _aborted(self, token: Token) -> None:
        self._scene.inside = None

    def _asking(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool | None:
        return True if self._scene.idle() else None

    def _asked(self, token: bool, result: object) -> None:
        self._batches.trained()
        self._forwards.trained()

    def _note_cleared_by_hand(self, site: Site) -> None:
        """Note a clearing that no call shows: `p.grad = None` or `p.grad.zero_()` in a loop of the user's."""
        for model in self._scene.models:
            if model.gradients_touched():
                self._scene.journal.note(Kind.ZERO_GRAD, site, model.numbers)
