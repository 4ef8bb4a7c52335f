"""Symmetric and project losses where the order is the project's own."""
import argparse
import torch
from torch import nn
from torch.utils.data import DataLoader
from flowers import Pairs


class MSELoss(nn.Module):
    """(truth, estimate), as in the group's TensorFlow code."""

    def forward(self, y_true, y_pred):
        return (y_true - y_pred).pow(2).mean()


def weighted_mae(y_true, y_pred, weight):
    return (weight * (y_true - y_pred).abs()).sum() / weight.sum()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--epochs", type=int, default=30)
    ap.add_argument("--mae", type=float, default=0.1)
    args = ap.parse_args()
    net = nn.Sequential(nn.Linear(64, 128), nn.SiLU(), nn.Linear(128, 8))
    mse = MSELoss()
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for epoch in range(args.epochs):
        for x, target, weight in DataLoader(Pairs("train"), 64, shuffle=True):
            output = net(x)
            loss = mse(target, output) + args.mae * weighted_mae(target, output, weight)
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
