import argparse
import torch
import torch.nn as nn
from torch.utils.data import DataLoader
from torchvision import datasets, models


class LinearProbe(nn.Module):
    """A frozen encoder that stays in eval mode, and a trainable head."""

    def __init__(self, classes):
        super().__init__()
        self.encoder = models.resnet50(weights="IMAGENET1K_V2")
        self.encoder.fc = nn.Identity()
        self.encoder.requires_grad_(False)
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(2048, classes))
        self.encoder.eval()

    def train(self, mode=True):
        super().train(mode)
        self.encoder.eval()
        return self

    def forward(self, x):
        with torch.no_grad():
            feats = self.encoder(x)
        return self.head(feats)


def evaluate(probe, loader, device):
    probe.eval()
    ok = 0
    with torch.no_grad():
        for x, y in loader:
            ok += (probe(x.to(device)).argmax(1).cpu() == y).sum().item()
    return ok / len(loader.dataset)


def train_one_epoch(probe, loader, opt, device):
    probe.train()
    for x, y in loader:
        loss = nn.functional.cross_entropy(probe(x.to(device)), y.to(device))
        opt.zero_grad()
        loss.backward()
        opt.step()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--root", default="flowers")
    p.add_argument("--epochs", type=int, default=15)
    a = p.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tf = models.ResNet50_Weights.IMAGENET1K_V2.transforms()
    train_dl = DataLoader(datasets.Flowers102(a.root, "train", transform=tf), 64, shuffle=True)
    val_dl = DataLoader(datasets.Flowers102(a.root, "val", transform=tf), 128)
    probe = LinearProbe(102).to(device)
    opt = torch.optim.AdamW(probe.head.parameters(), lr=1e-3)
    print("before", evaluate(probe, val_dl, device))
    for epoch in range(a.epochs):
        train_one_epoch(probe, train_dl, opt, device)
        print(epoch, evaluate(probe, val_dl, device))


if __name__ == "__main__":
    main()
