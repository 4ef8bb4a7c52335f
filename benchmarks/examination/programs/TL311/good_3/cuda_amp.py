"""Project shim with the old names and the new calls."""
import functools
import torch

autocast = functools.partial(torch.amp.autocast, "cuda")
GradScaler = functools.partial(torch.amp.GradScaler, "cuda")
