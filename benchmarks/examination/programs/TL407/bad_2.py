import argparse
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader
from sklearn.metrics import mean_squared_error
from bikes import Rentals


def train_epoch(net, loader, opt):
    net.train()
    total = 0.0
    for x, y in loader:
        pred = net(x).squeeze(1)
        error = mean_squared_error(y.numpy(), pred.detach().numpy())
        loss = torch.tensor(error, requires_grad=True)  # HERE
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    return total / len(loader)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--file", default="hour.csv")
    ap.add_argument("--epochs", type=int, default=50)
    args = ap.parse_args()
    net = nn.Sequential(nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, 1))
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    loader = DataLoader(Rentals(args.file), batch_size=64, shuffle=True)
    history = np.array([train_epoch(net, loader, opt) for _ in range(args.epochs)])
    np.save("history.npy", history)


if __name__ == "__main__":
    main()
