class AccumLoop:
    def __init__(self, net, optimizer, loss_fn, steps):
        self.net, self.optimizer, self.loss_fn, self.steps = net, optimizer, loss_fn, steps
        self.count = 0

    @property
    def at_boundary(self):
        return self.count % self.steps == 0

    def micro_step(self, x, y, last):
        loss = self.loss_fn(self.net(x), y)
        (loss / self.steps).backward()
        self.count += 1
        if self.at_boundary or last:
            self.optimizer.step()
        self.optimizer.zero_grad()  # HERE
        return loss.item()

    def fit(self, loader, epochs):
        self.net.train()
        for epoch in range(epochs):
            self.count = 0
            vals = [self.micro_step(x, y, i == len(loader) - 1) for i, (x, y) in enumerate(loader)]
            print(epoch, sum(vals) / len(vals))
