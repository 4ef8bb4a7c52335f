import torch


class Hook:
    def before_step(self, net):
        pass

    def after_step(self, net):
        pass


class ClipHook(Hook):
    def __init__(self, limit):
        self.limit = limit

    def before_step(self, net):
        torch.nn.utils.clip_grad_norm_(net.parameters(), self.limit)


class EmaHook(Hook):
    def __init__(self, shadow, rate):
        self.shadow, self.rate = shadow, rate

    @torch.no_grad()
    def after_step(self, net):
        for s, p in zip(self.shadow.parameters(), net.parameters()):
            s.lerp_(p, 1 - self.rate)
