class Accumulator:
    def __init__(self, optimizer, every):
        self.optimizer = optimizer
        self.every = every
        self.pending = 0

    def backward(self, loss):
        (loss * (1.0 / self.every)).backward()
        self.pending += 1
        if self.pending == self.every:
            self.flush()

    def flush(self):
        if self.pending:
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.pending = 0
