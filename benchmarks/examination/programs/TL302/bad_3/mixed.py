import torch


class MixedPrecision:
    def __init__(self, enabled):
        self.enabled = enabled
        self.scaler = torch.amp.GradScaler("cuda", enabled=enabled)

    def cast(self):
        return torch.autocast("cuda", dtype=torch.float16, enabled=self.enabled)

    def backward(self, loss):
        self.scaler.scale(loss).backward()

    def step(self, optimizer):
        self.scaler.step(optimizer)  # HERE
        optimizer.zero_grad(set_to_none=True)
