import argparse
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from faults import Thermograms
from torch import nn


def train_epoch(net, loader, optimizer, scheduler):
    net.train()
    total = 0.0
    for image, fault in loader:
        loss = F.cross_entropy(net(image), fault)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()  # HERE
        total += loss.item()
    return total / len(loader)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--epochs", type=int, default=90)
    ap.add_argument("--lr", type=float, default=0.02)
    args = ap.parse_args()
    net = nn.Sequential(nn.Conv2d(1, 32, 5, stride=2), nn.ReLU(), nn.Conv2d(32, 64, 5, stride=2), nn.ReLU(),
                        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(256, 12))
    optimizer = torch.optim.SGD(net.parameters(), lr=args.lr, momentum=0.9, weight_decay=1e-4)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=30, gamma=0.1)
    loader = DataLoader(Thermograms("pv"), batch_size=32, shuffle=True)
    for epoch in range(args.epochs):
        print(epoch, train_epoch(net, loader, optimizer, scheduler))


if __name__ == "__main__":
    main()
