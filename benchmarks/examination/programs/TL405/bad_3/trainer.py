import torch


class Trainer:
    def __init__(self, net, loss_fn, cfg):
        self.net = net
        self.loss_fn = loss_fn
        self.grad_accum = cfg.grad_accum
        self.optimizer = torch.optim.AdamW(net.parameters(), lr=cfg.lr)
        self.micro = 0

    def maybe_step(self, last):
        self.micro += 1
        if self.micro % self.grad_accum and not last:
            return
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.micro = 0

    def fit(self, loader, epochs):
        self.net.train()
        n = len(loader)
        for _ in range(epochs):
            for i, (x, y) in enumerate(loader):
                loss = self.loss_fn(self.net(x), y)
                loss.backward()  # HERE
                self.maybe_step(last=i == n - 1)
