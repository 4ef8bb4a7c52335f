import torch


class Runtime:
    """Owns the autocast object; enters and leaves it by hand around a phase."""

    def __init__(self, device):
        self.device = device
        self._cast = torch.autocast(device, dtype=torch.bfloat16)
        self._grad = torch.no_grad()

    def start(self):
        self._cast.__enter__()
        self._grad.__enter__()

    def stop(self):
        self._grad.__exit__(None, None, None)
        self._cast.__exit__(None, None, None)


def no_grad():
    """Freeze every module of the registry (project helper, no context)."""
    for module in REGISTRY:
        module.requires_grad_(False)


REGISTRY = []
