class Step:
    def __init__(self, optimizer):
        self.optimizer = optimizer

    def __call__(self, loss):
        self.optimizer.zero_grad()
        loss.backward(retain_graph=True)  # HERE
        self.optimizer.step()
        return loss.item()
