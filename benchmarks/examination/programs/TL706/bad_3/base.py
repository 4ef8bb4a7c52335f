class Regressor:
    def __init__(self, net, optimizer, loss_fn):
        self.net, self.optimizer, self.loss_fn = net, optimizer, loss_fn

    def fit(self, loader, epochs):
        self.net.train()
        for epoch in range(epochs):
            for inputs, counts in loader:
                self.optimizer.zero_grad()
                log_rate = self.net(inputs).squeeze(1)
                loss = self.loss_fn(counts, log_rate)  # HERE
                loss.backward()
                self.optimizer.step()
            print(epoch, loss.item())
