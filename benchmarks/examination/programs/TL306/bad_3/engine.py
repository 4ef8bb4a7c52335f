import torch


class Engine:
    def __init__(self, net, optimizer, loss_fn, precision):
        self.net, self.optimizer, self.loss_fn = net, optimizer, loss_fn
        self.dtype = precision

    def forward(self, x, y):
        with torch.autocast("cuda", dtype=self.dtype):
            return self.loss_fn(self.net(x), y)

    def fit(self, loader, epochs):
        self.net.train()
        for epoch in range(epochs):
            for x, y in loader:
                self.optimizer.zero_grad()
                loss = self.forward(x.cuda(), y.cuda())
                loss.backward()
                self.optimizer.step()
            print(epoch, loss.item())
