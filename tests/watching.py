"""Run a script, unchanged, under watch: from its first optimizer on, whose models are watched."""

from __future__ import annotations

import gc
import runpy
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch import nn

import trainlint
from trainlint.finding import Finding


def watched_run(script: Path, run_file: Path) -> Sequence[Finding] | None:
    """Return what was found in the run; `None` where the script trains no module."""
    sessions: list[Any] = []
    original = torch.optim.Optimizer.__init__
    with ExitStack() as watching:

        def begin(self: torch.optim.Optimizer, params: Iterable[Any], *args: Any, **kwargs: Any) -> None:
            original(self, params, *args, **kwargs)
            models = [] if sessions else _models_of(self)
            if models:
                sessions.append(watching.enter_context(trainlint.watch(*models, path=run_file)))

        with mock.patch.object(torch.optim.Optimizer, "__init__", begin):
            runpy.run_path(str(script), run_name="__main__")
    return sessions[0].findings if sessions else None


def _models_of(optimizer: torch.optim.Optimizer) -> list[nn.Module]:
    """Return the outermost modules that hold parameters of the optimizer."""
    ids = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    # By type: `isinstance` would ask each object of the process for its class, and some warn of being asked.
    modules = [m for m in gc.get_objects() if issubclass(type(m), nn.Module)]
    modules = [module for module in modules if any(id(parameter) in ids for parameter in module.parameters())]
    inner = {id(child) for module in modules for child in module.modules() if child is not module}
    return [module for module in modules if id(module) not in inner]
