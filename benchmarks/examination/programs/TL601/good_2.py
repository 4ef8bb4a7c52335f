import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from asteroids import Orbits


class Adam(torch.optim.AdamW):
    """The group's default: decoupled decay, and our betas."""

    def __init__(self, params, lr=1e-3, weight_decay=0.01):
        super().__init__(params, lr=lr, betas=(0.9, 0.95), weight_decay=weight_decay)


def make_optimizer(name, params, lr, wd):
    if name == "sgd":
        return torch.optim.SGD(params, lr=lr, momentum=0.9, weight_decay=wd)
    if name == "plain":
        return torch.optim.Adam(params, lr=lr, weight_decay=0)
    return Adam(params, lr=lr, weight_decay=wd)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--opt", choices=["adam", "sgd", "plain"], default="adam")
    ap.add_argument("--lr", type=float, default=1e-3)
    ap.add_argument("--wd", type=float, default=0.01)
    ap.add_argument("--epochs", type=int, default=40)
    args = ap.parse_args()
    net = nn.Sequential(nn.Linear(12, 64), nn.SiLU(), nn.Linear(64, 5))
    optimizer = make_optimizer(args.opt, net.parameters(), args.lr, args.wd)
    loader = DataLoader(Orbits("mpc"), batch_size=256, shuffle=True)
    for epoch in range(args.epochs):
        for x, kind in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x), kind)
            loss.backward()
            optimizer.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
