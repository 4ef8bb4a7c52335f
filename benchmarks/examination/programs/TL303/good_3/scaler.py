class NullScaler:
    """Same face as GradScaler, for CPU runs and bfloat16."""

    def scale(self, loss):
        return loss

    def unscale_(self, optimizer):
        pass

    def step(self, optimizer):
        return optimizer.step()

    def update(self):
        pass


def make_scaler(kind):
    if kind == "fp16":
        import torch
        return torch.amp.GradScaler("cuda")
    return NullScaler()
