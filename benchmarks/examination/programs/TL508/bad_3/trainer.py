import torch
from torch.optim.lr_scheduler import ExponentialLR


class FineTuner:
    def __init__(self, net, lr):
        self.net, self.lr = net, lr
        net.trunk.requires_grad_(False)
        self.optimizer = self._optimizer(lr)
        self.scheduler = ExponentialLR(self.optimizer, gamma=0.95)

    def _optimizer(self, lr):
        return torch.optim.AdamW((p for p in self.net.parameters() if p.requires_grad), lr=lr)

    def unfreeze(self):
        self.net.trunk.requires_grad_(True)
        self.optimizer = self._optimizer(self.lr / 10)  # HERE

    def fit(self, loader, epochs, unfreeze_at):
        self.net.train()
        for epoch in range(epochs):
            if epoch == unfreeze_at:
                self.unfreeze()
            for x, y in loader:
                self.optimizer.zero_grad()
                loss = torch.nn.functional.cross_entropy(self.net(x), y)
                loss.backward()
                self.optimizer.step()
            self.scheduler.step()
            print(epoch, loss.item())
