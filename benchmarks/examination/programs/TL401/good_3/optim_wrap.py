class Updater:
    """Steps, then leaves the gradients clean for the next backward."""

    def __init__(self, optimizers):
        self.optimizers = optimizers

    def _flush(self):
        for optimizer in self.optimizers.values():
            optimizer.zero_grad(set_to_none=True)

    def apply(self, name):
        self.optimizers[name].step()
        self._flush()
