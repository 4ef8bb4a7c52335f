class Trainer:
    def __init__(self, net, optim, objective):
        self.net, self.optim, self.objective = net, optim, objective

    def _update(self, loss):
        loss.backward()  # HERE
        self.optim.step()

    def fit(self, loader, epochs):
        self.net.train()
        for epoch in range(epochs):
            log = []
            for batch in loader:
                loss = self.objective(self.net, batch)
                self._update(loss)
                log.append(loss.item())
            print(epoch, sum(log) / len(log))
