import argparse
import math
import torch
import torch.nn.functional as F
from torch.optim.lr_scheduler import CosineAnnealingLR, CosineAnnealingWarmRestarts, LambdaLR, StepLR
from torch.utils.data import DataLoader
from torch import nn
from stellar import Spectra


def make_schedule(kind, opt, epochs, per_epoch):
    """Returns the schedule and how it is stepped."""
    total = epochs * per_epoch
    if kind == "warmup":
        shape = lambda s: min((s + 1) / 200, 0.5 * (1 + math.cos(math.pi * s / total)))
        return LambdaLR(opt, shape), "batch"
    if kind == "cosine":
        return CosineAnnealingLR(opt, T_max=total), "batch"
    if kind == "restarts":
        return CosineAnnealingWarmRestarts(opt, T_0=10), "fraction"
    return StepLR(opt, step_size=max(1, epochs // 3)), "epoch"


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--schedule", choices=["warmup", "cosine", "restarts", "step"], default="cosine")
    ap.add_argument("--epochs", type=int, default=30)
    args = ap.parse_args()
    loader = DataLoader(Spectra("lamost"), batch_size=128, shuffle=True)
    net = nn.Sequential(nn.Linear(3700, 256), nn.GELU(), nn.Dropout(0.1), nn.Linear(256, 4))
    opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
    schedule, every = make_schedule(args.schedule, opt, args.epochs, len(loader))
    net.train()
    for epoch in range(args.epochs):
        for i, (x, y) in enumerate(loader):
            loss = F.cross_entropy(net(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            if every == "batch":
                schedule.step()
            elif every == "fraction":
                schedule.step(epoch + (i + 1) / len(loader))
        if every == "epoch":
            schedule.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
