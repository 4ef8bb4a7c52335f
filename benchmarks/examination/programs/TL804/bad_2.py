import argparse
import torch
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision import datasets
from torchvision.transforms import v2


def build(args):
    tf = v2.Compose([
        v2.ToImage(), v2.RandomAffine(15, translate=(0.1, 0.1)), v2.RandomErasing(p=0.3),
        v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.1307], [0.3081])])
    full = datasets.MNIST("data", train=True, transform=tf, download=True)
    train, val = random_split(full, [55000, 5000], generator=torch.Generator().manual_seed(args.seed))
    return (DataLoader(train, args.batch, shuffle=True),
            DataLoader(val, args.batch))  # HERE


def accuracy(net, loader):
    net.eval()
    with torch.no_grad():
        ok = sum((net(x).argmax(1) == y).sum().item() for x, y in loader)
    return ok / len(loader.dataset)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--batch", type=int, default=128)
    ap.add_argument("--seed", type=int, default=42)
    ap.add_argument("--epochs", type=int, default=10)
    args = ap.parse_args()
    train_dl, val_dl = build(args)
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 300), nn.ReLU(), nn.Dropout(0.2), nn.Linear(300, 10))
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for epoch in range(args.epochs):
        net.train()
        for x, y in train_dl:
            opt.zero_grad()
            nn.functional.cross_entropy(net(x), y).backward()
            opt.step()
        print(epoch, accuracy(net, val_dl))


if __name__ == "__main__":
    main()
