import torch
from torch.optim.lr_scheduler import MultiStepLR


class Trainer:
    def __init__(self, net, loss_fn, lr=0.02):
        self.net = net
        self.loss_fn = loss_fn
        self.optim = torch.optim.SGD(net.parameters(), lr=lr, momentum=0.9)
        self.lr_sched = MultiStepLR(self.optim, milestones=[30, 45], gamma=0.1)  # HERE

    def step(self, x, y):
        self.optim.zero_grad()
        loss = self.loss_fn(self.net(x), y)
        loss.backward()
        self.optim.step()
        return loss.item()

    def save(self, path):
        torch.save({"net": self.net.state_dict(), "optim": self.optim.state_dict(),
                    "sched": self.lr_sched.state_dict()}, path)
