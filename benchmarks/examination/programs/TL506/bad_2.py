import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.utils.data import DataLoader
from fabric import Swatches


def train_epoch(net, loader, opt):
    net.train()
    total = 0.0
    for image, weave in loader:
        loss = F.cross_entropy(net(image), weave)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    return total / len(loader)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--epochs", type=int, default=50)
    ap.add_argument("--lr", type=float, default=1e-3)
    args = ap.parse_args()
    net = nn.Sequential(nn.Conv2d(3, 32, 7, stride=3), nn.ReLU(), nn.Conv2d(32, 64, 3, stride=2), nn.ReLU(),
                        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 18))
    loader = DataLoader(Swatches("train"), batch_size=32, shuffle=True)
    opt = torch.optim.AdamW(net.parameters(), lr=args.lr)
    scheduler = CosineAnnealingLR(opt, T_max=args.epochs * len(loader), eta_min=1e-6)  # HERE
    for epoch in range(args.epochs):
        loss = train_epoch(net, loader, opt)
        scheduler.step()
        print(epoch, loss, scheduler.get_last_lr()[0])


if __name__ == "__main__":
    main()
