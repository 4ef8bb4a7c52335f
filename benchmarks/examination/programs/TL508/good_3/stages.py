from torch.optim import AdamW
from torch.optim.lr_scheduler import ExponentialLR


class Stage:
    def __init__(self, name, params, lr, epochs):
        self.name, self.epochs = name, epochs
        self.optimizer = AdamW(params, lr=lr)
        self.scheduler = ExponentialLR(self.optimizer, gamma=0.9)

    def step(self):
        self.optimizer.step()

    def end_epoch(self):
        self.scheduler.step()
