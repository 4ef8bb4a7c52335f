import argparse
import torch
from torch import nn
from torch.utils.data import DataLoader
from churn import Customers


class Churn(nn.Module):
    """forward gives logits; `probability` is for callers outside training."""

    def __init__(self, n):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(n, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 1))

    def logits(self, x):
        return self.net(x).squeeze(-1)

    def probability(self, x):
        return torch.sigmoid(self.logits(x))

    def forward(self, x, return_prob=False):
        return self.probability(x) if return_prob else self.logits(x)


def epoch(net, loader, loss_fn, opt):
    net.train()
    for x, y in loader:
        loss = loss_fn(net(x), y.float())
        opt.zero_grad()
        loss.backward()
        opt.step()


@torch.no_grad()
def brier(net, loader):
    net.eval()
    se = [(net(x, return_prob=True) - y.float()).pow(2).mean().item() for x, y in loader]
    return sum(se) / len(se)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--csv", default="churn.csv")
    ap.add_argument("--epochs", type=int, default=30)
    args = ap.parse_args()
    train_dl = DataLoader(Customers(args.csv, "train"), 64, shuffle=True)
    val_dl = DataLoader(Customers(args.csv, "val"), 256)
    net = Churn(19)
    opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
    for e in range(args.epochs):
        epoch(net, train_dl, nn.BCEWithLogitsLoss(), opt)
        print(e, brier(net, val_dl))


if __name__ == "__main__":
    main()
