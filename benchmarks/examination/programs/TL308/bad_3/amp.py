from torch.amp import GradScaler


def amp_step(optimizer, loss):
    scaler = GradScaler("cuda")  # HERE
    optimizer.zero_grad(set_to_none=True)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
