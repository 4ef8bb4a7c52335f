"""Where a run happens: versions, devices, seed, commit. No device is initialised, no random state changed."""

from __future__ import annotations

import datetime as dt
import os
import platform
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

import trainlint


def describe() -> dict[str, Any]:
    """Return what is known when a run begins."""
    return {
        "started": dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "trainlint": trainlint.__version__,
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "seed": torch.initial_seed(),
        "argv": sys.argv,
        "cwd": str(Path.cwd()),
        "commit": _commit(Path.cwd()),
        "rank": rank() or 0,
        "world_size": os.environ.get("WORLD_SIZE"),
        "local_rank": os.environ.get("LOCAL_RANK"),
        "restarts": os.environ.get("TORCHELASTIC_RESTART_COUNT"),
        "launch": os.environ.get("TORCHELASTIC_RUN_ID"),
        **_driver(),
    }


def rank() -> int | None:
    """Return which of several processes that train together this is; `None` where it is the only one."""
    own, of = os.environ.get("RANK", ""), os.environ.get("WORLD_SIZE", "")
    return int(own) if own.isdigit() and of.isdigit() and int(of) > 1 else None


def devices(used: Iterable[torch.device]) -> list[str]:
    """Return the names of the devices that parameters lie on; one that is in use is initialised already."""
    names = []
    for device in sorted(set(map(str, used))):
        kind = torch.device(device).type
        if kind == "cuda" and torch.cuda.is_initialized():
            names.append(f"{device} {torch.cuda.get_device_name(device)}")
        else:
            names.append(device)
    return names


def _driver() -> dict[str, str]:
    """Return the version of the NVIDIA driver, or why it is not known."""
    try:
        import pynvml  # noqa: PLC0415 - an optional part
    except ImportError:
        return {"driver_unknown": "pynvml is not installed"}
    try:
        pynvml.nvmlInit()
        try:
            return {"driver": str(pynvml.nvmlSystemGetDriverVersion())}
        finally:
            pynvml.nvmlShutdown()
    except Exception as error:  # no driver, no permission: each of NVML's errors has a class of its own
        return {"driver_unknown": str(error)}


def _commit(folder: Path) -> str | None:
    """Return the commit that is checked out, read from `.git` without running git."""
    for parent in (folder, *folder.parents):
        git = parent / ".git"
        try:
            if git.is_file():  # a work tree or submodule: the file says where the rest is
                git = (parent / git.read_text().removeprefix("gitdir:").strip()).resolve()
            if not git.is_dir():
                continue
            head = (git / "HEAD").read_text().strip()
            if not head.startswith("ref:"):
                return head
            name = head.removeprefix("ref:").strip()
            shared = git / "commondir"
            common = (git / shared.read_text().strip()).resolve() if shared.exists() else git
            if (common / name).exists():
                return (common / name).read_text().strip()
            for line in (common / "packed-refs").read_text().splitlines():
                if line.endswith(" " + name):
                    return line.split()[0]
        except OSError:
            return None
        return None
    return None
