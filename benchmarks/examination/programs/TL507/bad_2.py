import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import DataLoader
from mosquito import Wingbeats


def train(net, loader, opt, sched, epochs, accum):
    net.train()
    for epoch in range(epochs):
        for i, (wave, species) in enumerate(loader, start=1):
            loss = F.cross_entropy(net(wave), species)
            (loss / accum).backward()
            if i % accum == 0 or i == len(loader):
                opt.step()
                sched.step()
                opt.zero_grad()
        print(epoch, loss.item())


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--epochs", type=int, default=20)
    ap.add_argument("--accum", type=int, default=4)
    ap.add_argument("--max-lr", type=float, default=2e-3)
    args = ap.parse_args()
    loader = DataLoader(Wingbeats("train"), batch_size=16, shuffle=True)
    net = nn.Sequential(nn.Conv1d(1, 32, 31, stride=4), nn.ReLU(), nn.Conv1d(32, 64, 15, stride=4), nn.ReLU(),
                        nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(64, 6))
    opt = torch.optim.AdamW(net.parameters(), lr=args.max_lr)
    sched = OneCycleLR(opt, args.max_lr, total_steps=args.epochs * len(loader))  # HERE
    train(net, loader, opt, sched, args.epochs, args.accum)


if __name__ == "__main__":
    main()
