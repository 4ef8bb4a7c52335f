import torch


class DecoupledDecay:
    """Shrinks weights by hand around a plain Adam."""

    def __init__(self, params, lr, weight_decay):
        self.params = list(params)
        self.rate = lr * weight_decay
        self.adam = torch.optim.Adam(self.params, lr=lr)

    def zero_grad(self):
        self.adam.zero_grad(set_to_none=True)

    @torch.no_grad()
    def step(self):
        for p in self.params:
            p.mul_(1 - self.rate)
        with torch.enable_grad():
            self.adam.step()
