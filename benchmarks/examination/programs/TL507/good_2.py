import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import DataLoader
from fishes import Catch


def early(history, patience):
    return len(history) > patience and min(history[-patience:]) > min(history[:-patience])


@torch.no_grad()
def validate(net, loader):
    net.eval()
    return sum(F.cross_entropy(net(x), y, reduction="sum").item() for x, y in loader) / len(loader.dataset)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--epochs", type=int, default=30)
    ap.add_argument("--max-lr", type=float, default=3e-3)
    ap.add_argument("--patience", type=int, default=10)
    args = ap.parse_args()
    train_dl = DataLoader(Catch("train"), 64, shuffle=True, num_workers=4)
    val_dl = DataLoader(Catch("val"), 128, num_workers=4)
    net = nn.Sequential(nn.Conv2d(3, 48, 7, stride=4), nn.GELU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(),
                        nn.Dropout(0.2), nn.Linear(768, 23))
    opt = torch.optim.AdamW(net.parameters(), lr=args.max_lr)
    total = args.epochs * len(train_dl)
    sched = OneCycleLR(opt, args.max_lr, total_steps=total, pct_start=0.2)
    history = []
    for _ in range(args.epochs):
        net.train()
        for x, y in train_dl:
            opt.zero_grad()
            F.cross_entropy(net(x), y).backward()
            opt.step()
            sched.step()
        history.append(validate(net, val_dl))
        if early(history, args.patience):
            break


if __name__ == "__main__":
    main()
