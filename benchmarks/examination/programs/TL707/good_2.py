import argparse
import pandas as pd
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Apartments(Dataset):
    def __init__(self, csv):
        table = pd.read_csv(csv)
        self.y = torch.tensor(table["rent"].values, dtype=torch.float32)
        self.x = torch.tensor(table.drop(columns="rent").values, dtype=torch.float32)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class RentNet(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(n, 64), nn.ReLU(), nn.Linear(64, 1))
        self.scale = nn.Linear(n, 1)

    def forward(self, x):
        return (self.net(x) * self.scale(x).exp())[:, 0]


def pairwise_rank(pred, y):
    diff = pred.unsqueeze(1) - pred.unsqueeze(0)
    sign = torch.sign(y.unsqueeze(1) - y.unsqueeze(0))
    return F.softplus(-diff * sign).mean()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("csv")
    ap.add_argument("--rank", type=float, default=0.1)
    args = ap.parse_args()
    data = Apartments(args.csv)
    net = RentNet(data.x.shape[1])
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for epoch in range(50):
        for x, y in DataLoader(data, batch_size=64, shuffle=True):
            pred = net(x)
            loss = F.mse_loss(pred, y) + args.rank * pairwise_rank(pred, y)
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
