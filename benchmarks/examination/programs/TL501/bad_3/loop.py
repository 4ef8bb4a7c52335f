class Loop:
    def __init__(self, net, optim, sched, loss_fn):
        self.net, self.optim, self.sched, self.loss_fn = net, optim, sched, loss_fn

    def before_batch(self):
        self.optim.zero_grad()
        self.sched.step()  # HERE

    def after_batch(self):
        self.optim.step()

    def fit(self, loader, epochs):
        self.net.train()
        for epoch in range(epochs):
            for x, y in loader:
                self.before_batch()
                loss = self.loss_fn(self.net(x), y)
                loss.backward()
                self.after_batch()
            print(epoch, loss.item())
