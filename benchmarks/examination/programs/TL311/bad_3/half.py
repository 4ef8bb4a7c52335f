import torch
from torch.cuda import amp


class Half:
    def __init__(self):
        self.scaler = torch.amp.GradScaler("cuda")

    def loss(self, fn, *args):
        with amp.autocast(dtype=torch.float16):  # HERE
            return fn(*args)

    def apply(self, loss, optim):
        self.scaler.scale(loss).backward()
        self.scaler.step(optim)
        self.scaler.update()
        optim.zero_grad()
