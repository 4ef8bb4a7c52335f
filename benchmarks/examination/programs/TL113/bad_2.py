import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Wide(nn.Module):
    def __init__(self, d_in, width, keep_rate):
        super().__init__()
        self.a = nn.Linear(d_in, width)
        self.b = nn.Linear(width, 1)
        self.keep_rate = keep_rate

    def forward(self, x):
        h = F.relu(self.a(x))
        h = F.dropout(h, p=self.keep_rate, training=self.training)  # HERE
        return self.b(h).squeeze(-1)


def fit(net, loader, epochs, lr):
    opt = torch.optim.Adam(net.parameters(), lr=lr)
    net.train()
    for _ in range(epochs):
        for x, y in loader:
            opt.zero_grad()
            F.mse_loss(net(x), y).backward()
            opt.step()


def main():
    ap = argparse.ArgumentParser(description="toxicity regression")
    ap.add_argument("--width", type=int, default=512)
    ap.add_argument("--keep-rate", type=float, default=0.9)
    ap.add_argument("--epochs", type=int, default=50)
    args = ap.parse_args()
    mol = torch.load("tox.pt")
    net = Wide(mol["x"].shape[1], args.width, args.keep_rate)
    fit(net, DataLoader(TensorDataset(mol["x"], mol["y"]), 64, shuffle=True), args.epochs, 1e-3)
    net.eval()
    with torch.no_grad():
        print(F.l1_loss(net(mol["x_test"]), mol["y_test"]).item())


if __name__ == "__main__":
    main()
