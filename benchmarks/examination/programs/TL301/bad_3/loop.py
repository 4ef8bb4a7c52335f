import torch
from torch import nn


class AmpTrainer:
    def __init__(self, model, optim, loss_fn, max_norm):
        self.model, self.optim, self.loss_fn = model, optim, loss_fn
        self.scaler = torch.amp.GradScaler("cuda")
        self.max_norm = max_norm

    def _clip(self):
        return nn.utils.clip_grad_value_(self.model.parameters(), self.max_norm)

    def step(self, inputs, target):
        with torch.autocast("cuda", dtype=torch.float16):
            loss = self.loss_fn(self.model(inputs), target)
        self.scaler.scale(loss).backward()
        self._clip()  # HERE
        self.scaler.step(self.optim)
        self.scaler.update()
        self.optim.zero_grad()
        return loss.detach()

    def fit(self, loader, epochs):
        self.model.train()
        for _ in range(epochs):
            for inputs, target in loader:
                self.step(inputs.cuda(), target.cuda())
