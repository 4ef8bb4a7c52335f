import torch


class Trainer:
    def __init__(self, net, optim, sched, loss_fn):
        self.net, self.optim, self.sched, self.loss_fn = net, optim, sched, loss_fn

    def train_epoch(self, loader):
        self.net.train()
        for x, y in loader:
            self.optim.zero_grad()
            loss = self.loss_fn(self.net(x), y)
            loss.backward()
            self.optim.step()
            self.sched.step()
        return loss.item()

    def fit(self, loader, epochs):
        for epoch in range(epochs):
            print(epoch, self.train_epoch(loader))
        torch.save(self.net.state_dict(), "final.pt")
