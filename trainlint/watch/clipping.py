"""Gradient clipping, however the function was imported, and the norms before it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import GeneratorType
from typing import Any

import torch
from torch.nn.utils import clip_grad

from trainlint.operations import Kind
from trainlint.watch import gradients
from trainlint.watch.callsite import Site
from trainlint.watch.optimizers import Optimizers
from trainlint.watch.patches import Patches, Switch, around
from trainlint.watch.scaling import Scaling
from trainlint.watch.scene import Scene
from trainlint.watch.watched import Watched

FUNCTIONS = ("clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_")


class Clipping:
    """Sees `clip_grad_norm_`, `clip_grad_value_` and `clip_grads_with_norm_`."""

    def __init__(self, scene: Scene, scaling: Scaling, optimizers: Optimizers, switch: Switch) -> None:
        self._scene = scene
        self._scaling = scaling
        self._optimizers = optimizers
        self._switch = switch

    def install(self, patches: Patches) -> None:
        """Patch what the decorated functions call: a name imported earlier keeps the function itself."""
        for name in FUNCTIONS:
            function = getattr(torch.nn.utils, name, None) or getattr(clip_grad, name, None)
            if function is None:
                continue  # an older torch

            def make(original: Callable[..., Any]) -> Callable[..., Any]:
                return _with_list(around(original, self._switch, self._before, self._after, self._aborted))

            if not patches.decorated(function, make):
                for module in (torch.nn.utils, clip_grad):
                    if hasattr(module, name):
                        patches.attribute(module, name, make)

    def _before(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Site, list[Watched], int | None] | None:
        scene = self._scene
        if not scene.idle():
            return None
        parameters = args[0] if args else kwargs["parameters"]
        clipped = [parameters] if isinstance(parameters, torch.Tensor) else parameters
        present = [(id(p), p.grad) for p in clipped if p.grad is not None]
        ids = {id(parameter) for parameter in clipped}
        models = [model for model in scene.models if not model.parameter_ids.isdisjoint(ids)]
        if present:
            scale = self._scaling.left_in_models(model.number for model in models)
            found = gradients.norms([gradient for _, gradient in present], scale)
            for (parameter, _), norm in zip(present, found, strict=True):
                scene.recorder.clipped.setdefault(parameter, norm)
        site = scene.sites.here("clip_grad_norm_")
        scene.inside = "clip"
        return site, models, self._optimizers.owner(ids)

    def _after(self, token: tuple[Site, list[Watched], int | None], result: object) -> None:
        site, models, optimizer = token
        self._scene.inside = None
        # `max_norm * scaler.get_scale()`: a threshold in units of the scaled gradients clips them as they should be.
        if not any("scale" in argument for argument in site.written.arguments[1:]):
            self._scene.journal.note(Kind.CLIP, site, frozenset(model.number for model in models), optimizer)
        for model in models:
            model.settle()

    def _aborted(self, token: object) -> None:
        self._scene.inside = None


def _with_list(clip: Callable[..., Any]) -> Callable[..., Any]:
    """Let both the probe and the function read parameters that come as a generator."""

    @functools.wraps(clip)
    def clip_list(*args: Any, **kwargs: Any) -> Any:
        if args and isinstance(args[0], GeneratorType):
            args = (list(args[0]) or args[0], *args[1:])  # torch warns of an empty generator
        elif isinstance(kwargs.get("parameters"), GeneratorType):
            kwargs["parameters"] = list(kwargs["parameters"])
        return clip(*args, **kwargs)

    return clip_list
