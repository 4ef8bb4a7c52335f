"""What the probes of one watch share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import get_ident

import torch

from trainlint.watch.callsite import Sites
from trainlint.watch.journal import Journal
from trainlint.watch.recorder import Recorder
from trainlint.watch.store import Row
from trainlint.watch.subjects import Subjects
from trainlint.watch.watched import Watched


@dataclass(slots=True)
class Scene:
    """One watch.

    `inside` names the operation in progress: what torch calls within it is no operation of the user's.
    """

    put: Callable[[str, Row], None]
    beat: Callable[[], None]  # called now and then, to write what grows slowly
    sites: Sites
    subjects: Subjects
    journal: Journal
    recorder: Recorder
    models: list[Watched] = field(default_factory=list)
    inside: str | None = None
    thread: int = field(default_factory=get_ident)

    def mine(self) -> bool:
        """Tell whether this is the thread that trains; autograd and loaders have threads of their own.

        While a CUDA graph is captured nothing may be measured: it would become part of the graph.
        """
        return get_ident() == self.thread and not _capturing()

    def idle(self) -> bool:
        """Tell whether a call that begins now is one of the user's own."""
        return self.inside is None and self.mine()


def _capturing() -> bool:
    # On a machine without a driver the second question may raise; the first never does.
    return torch.cuda.is_initialized() and torch.cuda.is_current_stream_capturing()
