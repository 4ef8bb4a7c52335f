from torch.optim.lr_scheduler import LambdaLR


def warmup_linear(optimizer, warmup_steps, total_steps):
    def factor(step):
        if step < warmup_steps:
            return (step + 1) / warmup_steps
        return max(0.0, (total_steps - step) / (total_steps - warmup_steps))
    return LambdaLR(optimizer, factor)
