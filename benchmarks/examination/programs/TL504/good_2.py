import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader
from wells import Logs


def build_scheduler(name, opt, epochs):
    if name == "plateau":
        return lr_scheduler.ReduceLROnPlateau(opt, mode="min", patience=3)
    if name == "cosine":
        return lr_scheduler.CosineAnnealingLR(opt, T_max=epochs)
    return lr_scheduler.StepLR(opt, step_size=20)


def advance(scheduler, val_loss):
    if isinstance(scheduler, lr_scheduler.ReduceLROnPlateau):
        scheduler.step(val_loss)
    else:
        scheduler.step()


@torch.no_grad()
def validate(net, loader):
    net.eval()
    total = sum(F.cross_entropy(net(x), y, reduction="sum").item() for x, y in loader)
    return total / len(loader.dataset)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--scheduler", choices=["plateau", "cosine", "step"], default="plateau")
    ap.add_argument("--epochs", type=int, default=60)
    args = ap.parse_args()
    train_dl = DataLoader(Logs("train"), 128, shuffle=True)
    val_dl = DataLoader(Logs("val"), 512)
    net = nn.Sequential(nn.Linear(40, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 12))
    opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
    scheduler = build_scheduler(args.scheduler, opt, args.epochs)
    for epoch in range(args.epochs):
        net.train()
        for x, y in train_dl:
            opt.zero_grad()
            F.cross_entropy(net(x), y).backward()
            opt.step()
        advance(scheduler, validate(net, val_dl))


if __name__ == "__main__":
    main()
