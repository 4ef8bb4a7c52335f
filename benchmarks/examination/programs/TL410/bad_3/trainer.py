import torch


class Trainer:
    def __init__(self, net, lr):
        self.net = net
        self.optimizer = torch.optim.Adam(net.parameters(), lr=lr)

    def optimizer_step(self):
        self.optimizer.step()

    def fit(self, loader, epochs):
        for epoch in range(epochs):
            self.net.train()
            for batch in loader:
                self.optimizer.zero_grad()
                loss = self.net.loss(batch)
                self.optimizer_step()  # HERE
                loss.backward()
            print(epoch, loss.item())
