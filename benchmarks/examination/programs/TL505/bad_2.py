import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from water import Turbidity


def epoch_loss(net, loader, opt=None):
    net.train(opt is not None)
    total = 0.0
    with torch.set_grad_enabled(opt is not None):
        for x, y in loader:
            loss = F.smooth_l1_loss(net(x).squeeze(1), y)
            if opt is not None:
                opt.zero_grad()
                loss.backward()
                opt.step()
            total += loss.item()
    return total / len(loader)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--epochs", type=int, default=80)
    ap.add_argument("--lr", type=float, default=1e-3)
    args = ap.parse_args()
    train_dl = DataLoader(Turbidity("train"), 64, shuffle=True)
    val_dl = DataLoader(Turbidity("val"), 256)
    net = nn.Sequential(nn.Linear(14, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 1))
    opt = torch.optim.Adam(net.parameters(), lr=args.lr)
    lr_scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, mode="max", factor=0.5, patience=5)
    for epoch in range(args.epochs):
        train_loss = epoch_loss(net, train_dl, opt)
        val_loss = epoch_loss(net, val_dl)
        lr_scheduler.step(val_loss)  # HERE
        print(epoch, train_loss, val_loss)


if __name__ == "__main__":
    main()
