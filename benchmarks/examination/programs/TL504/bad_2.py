import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader
from soil import Moisture


class Net(nn.Module):
    def __init__(self, channels, hidden):
        super().__init__()
        self.rnn = nn.GRU(channels, hidden, batch_first=True)
        self.out = nn.Linear(hidden, 1)

    def forward(self, x):
        return self.out(self.rnn(x)[0][:, -1]).squeeze(1)


def run(net, loader, opt=None):
    net.train(opt is not None)
    total = 0.0
    with torch.set_grad_enabled(opt is not None):
        for x, y in loader:
            loss = F.mse_loss(net(x), y)
            if opt is not None:
                opt.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(net.parameters(), 1.0)
                opt.step()
            total += loss.item()
    return total / len(loader)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--epochs", type=int, default=60)
    ap.add_argument("--patience", type=int, default=3)
    args = ap.parse_args()
    train_dl = DataLoader(Moisture("train"), 64, shuffle=True)
    val_dl = DataLoader(Moisture("val"), 256)
    net = Net(9, 64)
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    sched = ReduceLROnPlateau(opt, factor=0.3, patience=args.patience)
    for epoch in range(args.epochs):
        train_loss = run(net, train_dl, opt)
        val_loss = run(net, val_dl)
        sched.step(epoch)  # HERE
        print(epoch, train_loss, val_loss)


if __name__ == "__main__":
    main()
