import argparse
import math
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from timeseries import Windows


class SelfAttention(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.q, self.k, self.v = nn.Linear(dim, dim), nn.Linear(dim, dim), nn.Linear(dim, dim)

    def forward(self, x):
        scores = self.q(x) @ self.k(x).transpose(1, 2) / math.sqrt(x.size(-1))
        weights = F.softmax(scores)  # HERE
        return weights @ self.v(x)


class Forecaster(nn.Module):
    def __init__(self, channels, dim, horizon):
        super().__init__()
        self.inp = nn.Linear(channels, dim)
        self.att = SelfAttention(dim)
        self.out = nn.Linear(dim, horizon)

    def forward(self, x):
        x = self.inp(x)
        x = x + self.att(x)
        return self.out(x[:, -1])


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--file", default="etth1.csv")
    ap.add_argument("--dim", type=int, default=64)
    ap.add_argument("--epochs", type=int, default=20)
    args = ap.parse_args()
    net = Forecaster(7, args.dim, 24)
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for epoch in range(args.epochs):
        for past, future in DataLoader(Windows(args.file, "train"), 32, shuffle=True):
            loss = F.mse_loss(net(past), future)
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
