"""Resume: the state is loaded into the same optimizer object, the schedule keeps pointing at it."""
import argparse
import os
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.utils.data import DataLoader
from seabed import Sonar


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--epochs", type=int, default=60)
    ap.add_argument("--unfreeze", type=int, default=10)
    ap.add_argument("--state", default="sonar_state.pt")
    args = ap.parse_args()
    stem = nn.Sequential(nn.Conv2d(1, 32, 5, stride=2), nn.ReLU(), nn.Conv2d(32, 64, 5, stride=2), nn.ReLU())
    stem.load_state_dict(torch.load("stem.pt"))
    head = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(256, 7))
    net = nn.Sequential(stem, head)
    opt = torch.optim.AdamW([{"params": head.parameters(), "lr": 1e-3}, {"params": stem.parameters(), "lr": 1e-4}])
    schedule = CosineAnnealingLR(opt, T_max=args.epochs)
    first = 0
    if os.path.exists(args.state):
        state = torch.load(args.state)
        net.load_state_dict(state["net"])
        opt.load_state_dict(state["opt"])
        schedule.load_state_dict(state["schedule"])
        first = state["epoch"] + 1
    loader = DataLoader(Sonar("train"), batch_size=32, shuffle=True)
    for epoch in range(first, args.epochs):
        stem.requires_grad_(epoch >= args.unfreeze)
        for x, y in loader:
            opt.zero_grad()
            loss = F.cross_entropy(net(x), y)
            loss.backward()
            opt.step()
        schedule.step()
        torch.save({"net": net.state_dict(), "opt": opt.state_dict(), "schedule": schedule.state_dict(), "epoch": epoch},
                   args.state)


if __name__ == "__main__":
    main()
