"""Forward passes of the watched models: mode, graph, running statistics, and the batch they are given."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from trainlint.operations import Kind
from trainlint.watch.batches import Batches, Feed
from trainlint.watch.callsite import Site
from trainlint.watch.norms import NormSizes
from trainlint.watch.patches import Patches, Switch, is_compiling
from trainlint.watch.scene import Scene
from trainlint.watch.watched import Watched

_CHECKED_FIRST, _CHECKED_EVERY = 32, 64  # costlier looks at a forward: at its first calls, then at every 64th

Handler = Callable[[nn.Module, "tuple[Any, ...]", "dict[str, Any]"], Any]


@dataclass(slots=True)
class Place:
    """The forwards of one model at one place, in one mode, on batches of one feed."""

    ident: int
    model: Watched
    site: Site
    feed: Feed | None
    training: bool
    grad: bool
    first_step: int
    count: int = 0
    with_graph: int = 0
    trained: int = 0
    untrained: int = 0
    longest_untrained: int = 0
    backwards_before: int = -1
    checked: int = 0
    moved: int = 0
    dropouts: tuple[str, ...] = ()
    norms: tuple[str, ...] = ()
    changed: bool = True


class Forwards:
    """Sees each call of a watched model. Calls of any other module pay for one look into a dictionary."""

    def __init__(self, scene: Scene, batches: Batches, sizes: NormSizes, switch: Switch) -> None:
        self._scene = scene
        self._batches = batches
        self._sizes = sizes
        self._switch = switch
        self._handlers: dict[int, Handler] = {}
        self._call: Callable[..., Any] = nn.Module.__call__
        self._places: dict[tuple[int, object, int | None, bool, bool], Place] = {}
        self._since_backward: list[Place] = []
        self._compiled: list[nn.Module] = []  # kept, so that their ids stay theirs

    def install(self, patches: Patches) -> None:
        """Patch `nn.Module.__call__`, which compiled code does not go through."""
        patches.attribute(nn.Module, "__call__", self._patched)
        patches.attribute(torch, "compile", self._follow_compiled)

    def add(self, model: Watched) -> None:
        """See the calls of a model."""
        handler = functools.partial(self._forward, model)
        for module in model.same:
            self._handlers[id(module)] = handler

    def trained(self) -> None:
        """Note a backward, which the forwards since the one before may have led to."""
        for place in self._since_backward:
            place.trained += 1
            place.untrained = 0
            place.changed = True
        self._since_backward.clear()

    def write(self) -> None:
        """Write the places that changed."""
        for place in self._places.values():
            if place.changed:
                place.changed = False
                facts = {
                    "count": place.count,
                    "first_step": place.first_step,
                    "with_graph": place.with_graph,
                    "trained": place.trained,
                    "longest_untrained": place.longest_untrained,
                    "statistics_checked": place.checked,
                    "statistics_moved": place.moved,
                    "dropout": place.dropouts,
                    "norms": place.norms,
                }
                self._scene.put(
                    "forward",
                    (
                        place.ident,
                        place.model.number,
                        place.site.ident,
                        None if place.feed is None else place.feed.ident,
                        place.training,
                        place.grad,
                        json.dumps(facts),
                    ),
                )

    def _patched(self, original: Callable[..., Any]) -> Callable[..., Any]:
        self._call = original
        find = self._handlers.get

        @functools.wraps(original)
        def call(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
            handler = find(id(self))
            if handler is None:
                return original(self, *args, **kwargs)
            return handler(self, args, kwargs)

        return call

    def _follow_compiled(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def compile_(*args: Any, **kwargs: Any) -> Any:
            compiled = original(*args, **kwargs)
            handler = self._handlers.get(id(args[0])) if args else None
            if handler is not None and isinstance(compiled, nn.Module):
                self._handlers[id(compiled)] = handler
                self._compiled.append(compiled)
            return compiled

        return compile_

    def _forward(self, model: Watched, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not self._switch.on or model.busy or is_compiling():
            return self._call(module, *args, **kwargs)
        begun = None
        try:
            if self._scene.idle():  # a checkpoint calls it again inside backward
                begun = self._begin(model, module)
        except Exception as error:
            self._switch.fail(error)
        if begun is None:
            return self._call(module, *args, **kwargs)
        model.busy = True
        try:
            result = self._call(module, *args, **kwargs)
        finally:
            model.busy = False
            self._sizes.leave(self._handlers)
        try:
            place, moved, started = begun
            self._after(model, place, self._scene.recorder.clock() - started, moved, result)
        except Exception as error:
            self._switch.fail(error)
        return result

    def _begin(self, model: Watched, module: nn.Module) -> tuple[Place, list[int] | None, float]:
        place, moved = self._place(model, self._scene.sites.here(model.name), module.training), None
        place.count += 1
        if place.count <= _CHECKED_FIRST or place.count % _CHECKED_EVERY == 0:
            place.dropouts, place.norms = model.modes()
            moved = model.statistics_state()
            if place.training and place.grad:
                self._sizes.listen(model, place.site, place.feed, self._handlers, self._call)
        return place, moved, self._scene.recorder.clock()

    def _place(self, model: Watched, site: Site, training: bool) -> Place:
        current = self._batches.current
        feed = current[-1] if current else None
        grad = torch.is_grad_enabled()
        key = (site.ident, model.number, None if feed is None else feed.ident, training, grad)
        place = self._places.get(key)
        if place is None:
            step = self._scene.recorder.step
            self._scene.subjects.name(model.number, site.written.call)
            place = self._places[key] = Place(len(self._places), model, site, feed, training, grad, step)
        return place

    def _after(self, model: Watched, place: Place, seconds: float, moved: list[int] | None, result: Any) -> None:
        scene = self._scene
        scene.journal.note(Kind.FORWARD, place.site, model.numbers, training=place.training, grad=place.grad)
        if moved is not None:
            place.checked += 1
            place.moved += model.statistics_state() != moved
        if place.backwards_before != self._batches.backwards:
            place.backwards_before, place.untrained = self._batches.backwards, 0
        place.untrained += 1
        place.longest_untrained = max(place.longest_untrained, place.untrained)
        place.changed = True
        self._batches.used()
        if place.grad and _has_graph(result):
            place.with_graph += 1
            scene.recorder.forwarded(seconds)
            if place.feed is None or not self._since_backward or self._since_backward[-1].feed is place.feed:
                self._since_backward.append(place)
            else:
                self._since_backward = [place]
            del self._since_backward[:-64]
        if scene.journal.overflows():
            scene.journal.close(scene.recorder.step)
            scene.beat()


def _has_graph(result: Any, depth: int = 0) -> bool:
    """Tell whether anything in an output can be differentiated."""
    if isinstance(result, torch.Tensor):
        return result.requires_grad
    if depth < 3:
        if isinstance(result, dict):
            result = result.values()
        elif not isinstance(result, (list, tuple)):
            result = vars(result).values() if hasattr(result, "__dataclass_fields__") else ()
        return any(_has_graph(part, depth + 1) for part in result)
    return False
