import argparse
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader
from aurora import AllSky


def get_args():
    ap = argparse.ArgumentParser()
    ap.add_argument("--lr", type=float, default=3e-4)
    ap.add_argument("--weight-decay", type=float, default=0.05)
    ap.add_argument("--epochs", type=int, default=20)
    return ap.parse_args()


def groups(net, wd):
    yes = [p for p in net.parameters() if p.ndim > 1]
    no = [p for p in net.parameters() if p.ndim <= 1]
    return [{"params": yes, "weight_decay": wd}, {"params": no, "weight_decay": 0.0}]


def main():
    args = get_args()
    net = nn.Sequential(nn.Conv2d(3, 32, 7, stride=4), nn.GELU(), nn.Conv2d(32, 64, 3, stride=2), nn.GELU(),
                        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 6))
    optimizer = optim.Adam(groups(net, args.weight_decay), lr=args.lr)  # HERE
    loader = DataLoader(AllSky("train"), batch_size=64, shuffle=True)
    for epoch in range(args.epochs):
        for image, kind in loader:
            loss = F.cross_entropy(net(image), kind)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
