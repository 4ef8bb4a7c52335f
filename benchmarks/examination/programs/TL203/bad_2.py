import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

N_TRAIN = 2049


class Projector(nn.Module):
    def __init__(self, d_in, d):
        super().__init__()
        self.one = nn.Linear(d_in, d, bias=False)
        self.norm = nn.BatchNorm1d(d)
        self.two = nn.Linear(d, 10)

    def forward(self, x):
        return self.two(F.relu(self.norm(self.one(x))))


def toy(n):
    x = torch.randn(n, 40)
    return TensorDataset(x, (x[:, :4].sum(1) > 0).long())


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--batch-size", type=int, default=64)
    ap.add_argument("--epochs", type=int, default=10)
    args = ap.parse_args()
    train_loader = DataLoader(toy(N_TRAIN), batch_size=args.batch_size, shuffle=True)  # HERE
    net = Projector(40, 64)
    opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
    for epoch in range(args.epochs):
        net.train()
        for x, y in train_loader:
            loss = F.cross_entropy(net(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
