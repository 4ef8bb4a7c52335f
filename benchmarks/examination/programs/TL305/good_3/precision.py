from contextlib import contextmanager
import torch


@contextmanager
def forward_precision(enabled=True):
    with torch.autocast("cuda", dtype=torch.bfloat16, enabled=enabled):
        yield


@contextmanager
def training_step(optimizer):
    optimizer.zero_grad(set_to_none=True)
    yield
    optimizer.step()
