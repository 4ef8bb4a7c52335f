import torch


class Stepper:
    def __init__(self, optimizer):
        self.optimizer = optimizer
        self.scaler = torch.amp.GradScaler("cuda")

    def __enter__(self):
        self.optimizer.zero_grad(set_to_none=True)
        return self

    def backward(self, loss):
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimizer)

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.scaler.update()
        return False
