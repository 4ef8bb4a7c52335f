import torch


class Trainer:
    def __init__(self, net, optimizer, scheduler, loss_fn):
        self.net, self.optimizer, self.scheduler, self.loss_fn = net, optimizer, scheduler, loss_fn

    def fit(self, train_dl, val_dl, epochs):
        for epoch in range(epochs):
            self.net.train()
            for x, y in train_dl:
                self.optimizer.zero_grad()
                loss = self.loss_fn(self.net(x), y)
                loss.backward()
                self.optimizer.step()
            print(epoch, self.evaluate(val_dl))
            self.scheduler.step()  # HERE

    @torch.no_grad()
    def evaluate(self, loader):
        self.net.eval()
        return sum(self.loss_fn(self.net(x), y).item() for x, y in loader) / len(loader)
