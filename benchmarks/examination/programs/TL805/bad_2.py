import argparse
import numpy as np
import torch
from sklearn.preprocessing import MinMaxScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def windows(series, length):
    x = np.stack([series[i:i + length] for i in range(len(series) - length)])
    return torch.tensor(x).float().unsqueeze(-1), torch.tensor(series[length:]).float()


class Lstm(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.rnn = nn.LSTM(1, hidden, batch_first=True)
        self.out = nn.Linear(hidden, 1)

    def forward(self, x):
        return self.out(self.rnn(x)[0][:, -1]).squeeze(-1)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--csv", default="google_stock.csv")
    ap.add_argument("--length", type=int, default=60)
    ap.add_argument("--epochs", type=int, default=50)
    args = ap.parse_args()
    close = np.loadtxt(args.csv, delimiter=",", skiprows=1, usecols=4).reshape(-1, 1)
    scaled = MinMaxScaler().fit_transform(close).ravel()  # HERE
    cut = int(0.8 * len(scaled))
    x_tr, y_tr = windows(scaled[:cut], args.length)
    x_te, y_te = windows(scaled[cut:], args.length)
    net = Lstm(64)
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for epoch in range(args.epochs):
        net.train()
        for x, y in DataLoader(TensorDataset(x_tr, y_tr), 32, shuffle=True):
            opt.zero_grad()
            nn.functional.mse_loss(net(x), y).backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            opt.step()
        net.eval()
        with torch.no_grad():
            print(epoch, nn.functional.mse_loss(net(x_te), y_te).sqrt().item())


if __name__ == "__main__":
    main()
