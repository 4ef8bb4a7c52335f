import argparse
import torch
import torch.nn.functional as F
from torch import nn


class Batch:
    """A bag of tensors whose `to` moves in place."""

    def __init__(self, **tensors):
        self.__dict__.update(tensors)

    def to(self, device):
        for key, value in vars(self).items():
            setattr(self, key, value.to(device))
        return self

    def clamp(self, lo, hi):
        self.x = self.x.clamp(lo, hi)


class Sobolev(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 64), nn.Tanh(), nn.Linear(64, 1))

    def forward(self, x):
        return self.net(x)


def batches(blob, size):
    order = torch.randperm(len(blob["x"]))
    for idx in order.split(size):
        yield Batch(x=blob["x"][idx], y=blob["y"][idx], slope=blob["slope"][idx])


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--file", default="surface.pt")
    ap.add_argument("--epochs", type=int, default=100)
    args = ap.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    blob = torch.load(args.file)
    net = Sobolev()
    net.to(device)
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for _ in range(args.epochs):
        for batch in batches(blob, 128):
            batch.to(device)
            batch.clamp(-3, 3)
            batch.x.requires_grad_(True)
            out = net(batch.x)
            slope = torch.autograd.grad(out.sum(), batch.x, create_graph=True)[0]
            loss = F.mse_loss(out, batch.y) + F.mse_loss(slope, batch.slope)
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(loss.item())


if __name__ == "__main__":
    main()
