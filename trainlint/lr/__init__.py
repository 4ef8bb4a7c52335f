"""The learning rate before training: `trainlint.find_lr` measures it, `trainlint.preview_schedule` shows its course."""

from __future__ import annotations

try:
    import torch as torch
except ModuleNotFoundError:
    raise ModuleNotFoundError(
        "trainlint.find_lr and trainlint.preview_schedule need PyTorch: pip install 'torch-trainlint[watch]'",
        name="torch",
    ) from None
