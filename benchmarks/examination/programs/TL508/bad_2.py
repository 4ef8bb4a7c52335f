import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.utils.data import DataLoader
from tidal import Gauges


def build(args):
    net = nn.Sequential(nn.Linear(144, 128), nn.ReLU(), nn.Linear(128, 24))
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.lr)
    scheduler = CosineAnnealingLR(optimizer, T_max=args.epochs)
    return net, optimizer, scheduler


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--lr", type=float, default=1e-3)
    ap.add_argument("--epochs", type=int, default=50)
    ap.add_argument("--sgd", action="store_true")
    args = ap.parse_args()
    net, optimizer, scheduler = build(args)
    if args.sgd:
        optimizer = torch.optim.SGD(net.parameters(), lr=args.lr * 10, momentum=0.9)  # HERE
    loader = DataLoader(Gauges("north_sea"), batch_size=64, shuffle=True)
    for epoch in range(args.epochs):
        for past, future in loader:
            loss = F.mse_loss(net(past), future)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
