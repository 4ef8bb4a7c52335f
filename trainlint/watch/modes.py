"""`train()` and `eval()` of the watched models, `zero_grad()` on modules."""

from __future__ import annotations

from typing import Any

from torch import nn

from trainlint.operations import Kind
from trainlint.watch.callsite import Site
from trainlint.watch.patches import Patches, Switch, around
from trainlint.watch.scene import Scene
from trainlint.watch.watched import Watched


class Modes:
    """Sees a watched model change its mode, also as part of a larger module."""

    def __init__(self, scene: Scene, switch: Switch) -> None:
        self._scene = scene
        self._switch = switch
        self._models: dict[int, Watched] = {}
        self._inside: Watched | None = None  # a module tells its parts, which may be the same model

    def install(self, patches: Patches) -> None:
        """Patch the methods of the class; an override that calls `super()` leads here as well."""
        on = self._switch
        patches.attribute(nn.Module, "train", lambda f: around(f, on, self._changing, self._changed, self._aborted))
        patches.attribute(nn.Module, "zero_grad", lambda f: around(f, on, self._clearing, self._cleared))

    def add(self, model: Watched) -> None:
        """See the mode of a model, also where what it wraps is told: if that is all there is to it."""
        everything = len(list(model.module.modules()))
        for depth, module in enumerate(model.same):
            if len(list(module.modules())) + depth == everything:
                self._models[id(module)] = model

    def _changing(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Watched, Site] | None:
        model = self._models.get(id(args[0]))
        if model is None or model is self._inside or not self._scene.mine():
            return None
        self._inside = model
        return model, self._scene.sites.here("train")

    def _changed(self, token: tuple[Watched, Site], result: Any) -> None:
        self._inside = None
        model, site = token
        kind = Kind.TRAIN if model.same[-1].training else Kind.EVAL
        self._scene.journal.note(kind, site, model.numbers)

    def _aborted(self, token: object) -> None:
        self._inside = None

    def _clearing(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[Watched], Site] | None:
        if not self._scene.mine():
            return None
        ids = {id(parameter) for parameter in args[0].parameters()}
        cleared = [model for model in self._scene.models if model.parameter_ids and model.parameter_ids <= ids]
        return (cleared, self._scene.sites.here("zero_grad")) if cleared else None

    def _cleared(self, token: tuple[list[Watched], Site], result: None) -> None:
        models, site = token
        self._scene.journal.note(Kind.ZERO_GRAD, site, frozenset(model.number for model in models))
        for model in models:
            model.settle()
