import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from traffic import Sensors


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(dim, dim) for _ in range(3))
        self.heads = heads

    def forward(self, x):
        batch, steps, dim = x.shape
        size = dim // self.heads
        q = self.q(x).view(batch, steps, self.heads, size).transpose(1, 2)
        k = self.k(x).view(batch, steps, self.heads, size).transpose(1, 2)
        v = self.v(x).view(batch, self.heads, steps, size)  # HERE
        y = F.scaled_dot_product_attention(q, k, v)
        return y.transpose(1, 2).reshape(batch, steps, dim)


class Net(nn.Module):
    def __init__(self, sensors, dim, heads):
        super().__init__()
        self.inp, self.att, self.out = nn.Linear(sensors, dim), Attention(dim, heads), nn.Linear(dim, sensors)

    def forward(self, x):
        h = self.inp(x)
        return self.out((h + self.att(h))[:, -1])


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--dim", type=int, default=128)
    ap.add_argument("--heads", type=int, default=8)
    ap.add_argument("--epochs", type=int, default=25)
    args = ap.parse_args()
    data = Sensors("metr-la")
    net = Net(data.n_sensors, args.dim, args.heads)
    opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
    for epoch in range(args.epochs):
        for past, future in DataLoader(data, batch_size=64, shuffle=True):
            loss = F.l1_loss(net(past), future)
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
