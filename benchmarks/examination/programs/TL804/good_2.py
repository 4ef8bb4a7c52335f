import argparse
import random
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import functional as TF


class Cells(Dataset):
    """Flips inside __getitem__, only when augment is set."""

    def __init__(self, path, augment=False):
        self.items = torch.load(path)
        self.augment = augment

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        image, mask = self.items[i]
        if self.augment and random.random() < 0.5:
            image, mask = TF.hflip(image), TF.hflip(mask)
        return image, mask


def noisy(x, sigma):
    return x + sigma * torch.randn_like(x)


def evaluate(net, loader):
    net.eval()
    inter = union = 0
    with torch.no_grad():
        for image, mask in loader:
            guess = net(image).squeeze(1) > 0
            inter += (guess & mask.bool()).sum().item()
            union += (guess | mask.bool()).sum().item()
    return inter / max(union, 1)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--sigma", type=float, default=0.05)
    ap.add_argument("--epochs", type=int, default=30)
    args = ap.parse_args()
    train_dl = DataLoader(Cells("cells_train.pt", augment=True), 16, shuffle=True)
    val_dl = DataLoader(Cells("cells_val.pt"), 16)
    net = nn.Sequential(nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.Conv2d(32, 32, 5, padding=2), nn.ReLU(), nn.Conv2d(32, 1, 1))
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for epoch in range(args.epochs):
        net.train()
        for image, mask in train_dl:
            out = net(noisy(image, args.sigma)).squeeze(1)
            loss = nn.functional.binary_cross_entropy_with_logits(out, mask.float())
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(epoch, evaluate(net, val_dl))


if __name__ == "__main__":
    main()
