"""Patches on classes and modules of torch: put in when a watch starts, taken out when it ends."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import torch

Before = Callable[[tuple[Any, ...], dict[str, Any]], Any]
After = Callable[[Any, Any], None]
Aborted = Callable[[Any], None]

_ABSENT = object()

is_compiling: Callable[[], bool] = getattr(torch.compiler, "is_compiling", lambda: False)  # torch 2.2 has none


class Removable(Protocol):
    """A hook's handle."""

    def remove(self) -> None:
        """Take the hook out."""


class Probe(Protocol):
    """Measures one concern of training."""

    def install(self, patches: Patches) -> None:
        """Put in what it needs."""


class Switch:
    """Whether a probe still measures. The first failure inside trainlint turns it off; training goes on."""

    def __init__(
        self, probe: str, tell: Callable[[str], None], passes: Callable[[BaseException], bool] = lambda _: False
    ) -> None:
        """`passes` tells which exceptions are meant for the user."""
        self.on = True
        self.probe = probe
        self._tell = tell
        self._passes = passes

    def fail(self, error: Exception) -> None:
        """Turn the probe off and say so, once; raise an exception again that is meant for the user."""
        if self._passes(error):
            raise error
        if self.on:
            self.on = False
            self._tell(f"{self.probe} is no longer watched: {type(error).__name__}: {error}")


def around(
    original: Callable[..., Any], switch: Switch, before: Before, after: After, aborted: Aborted | None = None
) -> Callable[..., Any]:
    """Return `original` with a probe around it, which sees the call but cannot change or break it.

    What `before` returns goes to `after`, or to `aborted` if `original` raises; `None` calls neither.
    """

    @functools.wraps(original)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if not switch.on or is_compiling():
            return original(*args, **kwargs)
        try:
            token = before(args, kwargs)
        except Exception as error:
            switch.fail(error)
            token = None
        if token is None:
            return original(*args, **kwargs)
        try:
            result = original(*args, **kwargs)
        except BaseException:
            if aborted is not None:
                try:
                    aborted(token)
                except Exception as error:
                    switch.fail(error)
            raise
        try:
            after(token, result)
        except Exception as error:
            switch.fail(error)
        return result

    return wrapper


class Patches:
    """The patches and hooks of one watch, removed in reverse order."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def attribute(self, owner: Any, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        """Replace `owner.name` by what `make` makes of it."""
        own = vars(owner).get(name, _ABSENT)
        patched = make(getattr(owner, name))
        setattr(owner, name, patched)

        def undo() -> None:
            if vars(owner).get(name) is not patched:
                return  # someone patched over it: taking ours out would take theirs out
            if own is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, own)

        self._undo.append(undo)

    def overrides(self, base: type, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        """Replace method `name` of `base` and of each subclass that overrides it."""
        for owner in (base, *_subclasses(base)):
            if name in vars(owner):
                self.attribute(owner, name, make)

    def decorated(self, function: Callable[..., Any], make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> bool:
        """Replace what a decorated function calls, so that names imported earlier lead to the patch as well.

        Returns whether the function is a wrapper of another of its name that it keeps in a closure.
        """
        for cell in getattr(function, "__closure__", None) or ():
            inner = cell.cell_contents
            if callable(inner) and getattr(inner, "__name__", None) == getattr(function, "__name__", ""):
                cell.cell_contents = make(inner)
                self._undo.append(functools.partial(setattr, cell, "cell_contents", inner))
                return True
        return False

    def hook(self, handle: Removable) -> None:
        """Keep a hook's handle."""
        self._undo.append(handle.remove)

    def remove(self) -> None:
        """Take everything out again."""
        while self._undo:
            self._undo.pop()()


def _subclasses(base: type) -> Iterator[type]:
    seen: set[type] = set()
    waiting: list[type] = [base]
    while waiting:
        child: type
        for child in waiting.pop().__subclasses__():
            if child not in seen:
                seen.add(child)
                waiting.append(child)
                yield child
