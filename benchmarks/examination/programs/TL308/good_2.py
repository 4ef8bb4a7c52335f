"""Random search: a fresh model, optimizer and scaler for each trial."""
import argparse
import random
import torch
from torch import nn
from torch.utils.data import DataLoader
from fmri import SplitScans


def build(width, lr):
    net = nn.Sequential(nn.Conv3d(1, width, 5, stride=2), nn.ReLU(), nn.Conv3d(width, width, 3, stride=2),
                        nn.ReLU(), nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(width, 1)).cuda()
    return net, torch.optim.AdamW(net.parameters(), lr=lr), torch.amp.GradScaler("cuda")


def trial(width, lr, epochs, train_dl, val_dl):
    net, opt, scaler = build(width, lr)
    for _ in range(epochs):
        net.train()
        for x, age in train_dl:
            opt.zero_grad()
            with torch.autocast("cuda", dtype=torch.float16):
                loss = nn.functional.l1_loss(net(x.cuda()).squeeze(1), age.cuda())
            scaler.scale(loss).backward()
            scaler.step(opt)
            scaler.update()
    net.eval()
    with torch.no_grad():
        errs = [(net(x.cuda()).squeeze(1) - age.cuda()).abs().mean().item() for x, age in val_dl]
    return sum(errs) / len(errs)


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("--trials", type=int, default=20)
    ap.add_argument("--epochs", type=int, default=10)
    args = ap.parse_args()
    train_dl = DataLoader(SplitScans("train"), batch_size=8, shuffle=True)
    val_dl = DataLoader(SplitScans("val"), batch_size=8)
    results = {}
    for _ in range(args.trials):
        width, lr = random.choice([16, 32, 64]), 10 ** random.uniform(-4, -3)
        results[width, lr] = trial(width, lr, args.epochs, train_dl, val_dl)
    print(min(results, key=results.get))
