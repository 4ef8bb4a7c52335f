"""Batches: which loader they come from, how long they take, and whether a backward follows."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any

from torch.utils.data import DataLoader
from torch.utils.data.dataloader import _BaseDataLoaderIter

from trainlint.operations import Role
from trainlint.watch.callsite import Site
from trainlint.watch.patches import Patches, Switch, around
from trainlint.watch.scene import Scene
from trainlint.watch.written import loader_name

_FEEDS = 256  # a loader that is built anew each epoch makes a feed each time


@dataclass(slots=True)
class Feed:
    """A place where batches are taken from one loader."""

    ident: int
    loader: int
    site: Site
    batches: int = 0
    trained: int = 0
    untrained: int = 0
    longest_untrained: int = 0
    backwards_before: int = 0
    changed: bool = True


class Batches:
    """Sees each batch that a loader gives, and what becomes of it."""

    def __init__(self, scene: Scene, switch: Switch) -> None:
        self._scene = scene
        self._switch = switch
        self.current: tuple[Feed, ...] = ()  # where the batch in hand came from
        self.all: list[Feed] = []
        self.backwards = 0
        self._used = True
        self._feeds: dict[tuple[int, object], Feed] = {}
        self._loaders: weakref.WeakKeyDictionary[Any, weakref.ref[DataLoader[Any]]] = weakref.WeakKeyDictionary()

    def install(self, patches: Patches) -> None:
        """Patch the loader and its iterators, through their classes."""
        on = self._switch
        patches.overrides(DataLoader, "__iter__", lambda f: around(f, on, self._starting, self._started))
        patches.overrides(
            _BaseDataLoaderIter,
            "__next__",
            lambda f: around(f, on, self._fetching, self._fetched, self._ended),
        )

    def used(self) -> None:
        """Note a forward: the next batch begins a new group."""
        self._used = True

    def trained(self) -> None:
        """Note a backward: the batch in hand is training data."""
        self.backwards += 1
        for feed in self.current:
            if feed.untrained:
                feed.untrained = 0
                feed.trained += 1
                feed.changed = True

    def write(self) -> None:
        """Write the feeds that changed."""
        for feed in self.all:
            if feed.changed:
                feed.changed = False
                self._scene.put(
                    "feed",
                    (
                        feed.ident,
                        feed.loader,
                        feed.site.ident,
                        feed.batches,
                        feed.trained,
                        feed.longest_untrained,
                    ),
                )

    def _starting(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        loader = args[0]
        if not self._scene.mine():
            return None
        self._subject(loader, loader_name(self._scene.sites.here("__iter__").written))
        return loader

    def _started(self, loader: DataLoader[Any], iterator: Any) -> None:
        if isinstance(iterator, _BaseDataLoaderIter):
            self._loaders[iterator] = weakref.ref(loader)

    def _fetching(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, float] | None:
        return (args[0], self._scene.recorder.clock()) if self._scene.mine() else None

    def _fetched(self, token: tuple[Any, float], batch: Any) -> None:
        iterator, started = token
        recorder = self._scene.recorder
        recorder.fetched(recorder.clock() - started, first=self._used)
        feed = self._feed(iterator, self._scene.sites.here("__next__"))
        if feed.backwards_before != self.backwards:
            feed.backwards_before, feed.untrained = self.backwards, 0
        feed.batches += 1
        feed.untrained += 1
        feed.longest_untrained = max(feed.longest_untrained, feed.untrained)
        feed.changed = True
        self.current = (feed,) if self._used else (*self.current, feed)
        self._used = False

    def _ended(self, token: tuple[Any, float]) -> None:
        self.current = ()

    def _feed(self, iterator: Any, site: Site) -> Feed:
        reference = self._loaders.get(iterator)
        loader = (reference() if reference is not None else None) or iterator
        subject = self._subject(loader, None)
        feed = self._feeds.get((site.ident, subject))
        if feed is None:
            same = [other for other in self.all if other.site is site]
            if len(self.all) >= _FEEDS and same:
                return same[-1]
            feed = self._feeds[(site.ident, subject)] = Feed(len(self.all), subject, site)
            self.all.append(feed)
        return feed

    def _subject(self, loader: Any, name: str | None) -> int:
        subjects = self._scene.subjects
        known = subjects.find(loader)
        if known is not None:
            return known
        facts = {
            "batch_size": getattr(loader, "batch_size", None),
            "workers": getattr(loader, "num_workers", None),
            "drop_last": getattr(loader, "drop_last", None),
            "pin_memory": getattr(loader, "pin_memory", None),
        }
        return subjects.add(loader, Role.LOADER, name, self._scene.recorder.step, facts)
