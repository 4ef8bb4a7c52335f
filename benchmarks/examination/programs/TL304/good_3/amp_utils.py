import torch

_SCALER = torch.amp.GradScaler("cuda")


def scaled(loss):
    return _SCALER.scale(loss)


def finish(optimizer):
    _SCALER.step(optimizer)
    _SCALER.update()
