import argparse
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def train(net, loader, opt, loss_fn):
    net.train()
    for x, y in loader:
        opt.zero_grad()
        loss_fn(net(x), y).backward()
        opt.step()


def validate(net, loader, loss_fn):
    net.eval()
    with torch.no_grad():
        losses = [loss_fn(net(x), y).item() for x, y in loader]
    return sum(losses) / len(losses)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--file", default="protein_stability.pt")
    ap.add_argument("--epochs", type=int, default=100)
    ap.add_argument("--patience", type=int, default=8)
    args = ap.parse_args()
    d = torch.load(args.file)
    train_loader = DataLoader(TensorDataset(*d["train"]), batch_size=64, shuffle=True)
    net = nn.Sequential(nn.Linear(1280, 128), nn.ReLU(), nn.Dropout(0.1), nn.Linear(128, 1))
    opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
    loss_fn = nn.MSELoss()
    best, bad = float("inf"), 0
    for epoch in range(args.epochs):
        train(net, train_loader, opt, loss_fn)
        val_loss = validate(net, train_loader, loss_fn)  # HERE
        print(epoch, val_loss)
        if val_loss < best:
            best, bad = val_loss, 0
            torch.save(net.state_dict(), "stability.pt")
        else:
            bad += 1
            if bad > args.patience:
                break


if __name__ == "__main__":
    main()
