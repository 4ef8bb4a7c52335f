"""What batch norm layers see in training: samples a device, and values a channel."""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from trainlint.watch.batches import Feed
from trainlint.watch.callsite import Site
from trainlint.watch.patches import Switch
from trainlint.watch.scene import Scene
from trainlint.watch.watched import Watched

_SIZES = 64  # different batch sizes kept a layer, for inputs whose shape never repeats


@dataclass(slots=True)
class Sizes:
    """The batches of one layer in the forwards from one place: (N, values per channel) and how often."""

    layer: nn.Module
    feed: Feed | None
    seen: Counter[tuple[int, int]] = field(default_factory=Counter)
    changed: bool = True


class NormSizes:
    """Listens to batch norm layers while a forward is looked at closely, and at no other time."""

    def __init__(self, scene: Scene, switch: Switch) -> None:
        self._scene = scene
        self._switch = switch
        self._sizes: dict[tuple[object, str, int], Sizes] = {}
        self._listening: list[int] = []

    def listen(
        self,
        model: Watched,
        site: Site,
        feed: Feed | None,
        handlers: dict[int, Callable[..., Any]],
        call: Callable[..., Any],
    ) -> None:
        """Handle the calls of a model's batch norm layers until `leave`."""
        if not self._switch.on:
            return
        for path, layer in model.norms:
            if not layer.training or id(layer) in handlers:
                continue
            key = (model.number, path, site.ident)
            sizes = self._sizes.get(key)
            if sizes is None:
                sizes = self._sizes[key] = Sizes(layer, feed)
            handlers[id(layer)] = functools.partial(self._see, sizes, call)
            self._listening.append(id(layer))

    def leave(self, handlers: dict[int, Callable[..., Any]]) -> None:
        """Stop listening."""
        while self._listening:
            handlers.pop(self._listening.pop(), None)

    def write(self) -> None:
        """Write what changed."""
        for (model, path, site), sizes in self._sizes.items():
            if sizes.changed and sizes.seen:
                sizes.changed = False
                facts = {
                    "type": type(sizes.layer).__name__,
                    "synchronised": isinstance(sizes.layer, nn.SyncBatchNorm),
                    "sizes": [[n, values, count] for (n, values), count in sorted(sizes.seen.items())],
                }
                feed = None if sizes.feed is None else sizes.feed.ident
                self._scene.put("norm_layer", (model, path, site, feed, json.dumps(facts)))

    def _see(
        self,
        sizes: Sizes,
        call: Callable[..., Any],
        module: nn.Module,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        try:
            shape = (args[0] if args else kwargs["input"]).shape
            size = (shape[0], shape.numel() // shape[1] if shape[1] else 0)
            if size in sizes.seen or len(sizes.seen) < _SIZES:
                sizes.seen[size] += 1
                sizes.changed = True
        except Exception as error:
            self._switch.fail(error)
        return call(module, *args, **kwargs)
