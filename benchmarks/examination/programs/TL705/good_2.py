import argparse
import torch
from torch import nn
from torch.utils.data import DataLoader
from traj import Tracks


class Softmax(nn.Module):
    """Temperature softmax over agents; always along axis 1."""

    def __init__(self, temperature=1.0):
        super().__init__()
        self.temperature = temperature

    def forward(self, x):
        x = x / self.temperature
        x = (x - x.amax(1, keepdim=True)).exp()
        return x / x.sum(1, keepdim=True)


class Social(nn.Module):
    def __init__(self, dim=64):
        super().__init__()
        self.enc = nn.GRU(2, dim, batch_first=True)
        self.att = nn.Linear(2 * dim, 1)
        self.soft = Softmax(0.5)
        self.dec = nn.Linear(2 * dim, 24)

    def forward(self, own, others):
        b, n, t, _ = others.shape
        _, h = self.enc(own)
        _, o = self.enc(others.reshape(b * n, t, 2))
        h, o = h[-1], o[-1].view(b, n, -1)
        w = self.soft(self.att(torch.cat([h.unsqueeze(1).expand_as(o), o], -1)))
        return self.dec(torch.cat([h, (w * o).sum(1)], -1)).view(b, 12, 2)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--scene", default="zara1")
    ap.add_argument("--epochs", type=int, default=60)
    args = ap.parse_args()
    net = Social()
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for epoch in range(args.epochs):
        for own, others, future in DataLoader(Tracks(args.scene), 64, shuffle=True):
            loss = (net(own, others) - future).norm(dim=-1).mean()
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            opt.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
