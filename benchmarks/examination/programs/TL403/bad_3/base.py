import torch


class BaseLoop:
    clip = 0.25

    def __init__(self, net, optim):
        self.net, self.optim = net, optim

    def before(self):
        self.optim.zero_grad()

    def after(self):
        self.optim.step()
        torch.nn.utils.clip_grad_value_(self.net.parameters(), self.clip)  # HERE

    def run(self, batches):
        self.net.train()
        for batch in batches:
            self.before()
            loss = self.loss(batch)
            loss.backward()
            self.after()
            yield loss.item()
