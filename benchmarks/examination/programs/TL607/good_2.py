"""MAML: each task adapts its own copy, so its own short-lived inner optimizer is meant."""
import argparse
import copy
import torch
import torch.nn.functional as F
from torch import nn
from omniglot import Episodes


def adapt(net, x, y, lr, steps):
    fast = copy.deepcopy(net)
    inner = torch.optim.SGD(fast.parameters(), lr=lr)
    for _ in range(steps):
        inner.zero_grad()
        F.cross_entropy(fast(x), y).backward()
        inner.step()
    return fast


def reptile(net, fast, outer):
    outer.zero_grad()
    for p, q in zip(net.parameters(), fast.parameters()):
        p.grad = p.detach() - q.detach()
    outer.step()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--ways", type=int, default=5)
    ap.add_argument("--shots", type=int, default=5)
    ap.add_argument("--iterations", type=int, default=20000)
    args = ap.parse_args()
    net = nn.Sequential(nn.Conv2d(1, 64, 3, stride=2), nn.ReLU(), nn.Conv2d(64, 64, 3, stride=2), nn.ReLU(),
                        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, args.ways))
    outer = torch.optim.Adam(net.parameters(), lr=1e-3)
    for it, (xs, ys, xq, yq) in enumerate(Episodes(args.ways, args.shots).draw(args.iterations)):
        fast = adapt(net, xs, ys, 0.05, 8)
        reptile(net, fast, outer)
        if it % 500 == 0:
            with torch.no_grad():
                print(it, (fast(xq).argmax(1) == yq).float().mean().item())


if __name__ == "__main__":
    main()
