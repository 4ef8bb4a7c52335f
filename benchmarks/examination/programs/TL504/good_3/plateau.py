class ReduceOnPlateau:
    """Keeps its own running loss: `note` during the epoch, `step` at its end takes nothing."""

    def __init__(self, optimizer, factor=0.5, patience=5):
        self.optimizer, self.factor, self.patience = optimizer, factor, patience
        self.best, self.bad, self.total, self.n = float("inf"), 0, 0.0, 0

    def note(self, value):
        self.total += value
        self.n += 1

    def step(self):
        mean, self.total, self.n = self.total / self.n, 0.0, 0
        self.bad = 0 if mean < self.best else self.bad + 1
        self.best = min(self.best, mean)
        if self.bad > self.patience:
            self.bad = 0
            for group in self.optimizer.param_groups:
                group["lr"] *= self.factor
