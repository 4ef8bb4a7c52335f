"""Features are taken once, in eval mode; only the head is trained, and only it is put in train mode."""
import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision import datasets, models


@torch.no_grad()
def extract(backbone, data, batch):
    backbone.eval()
    feats, labels = zip(*[(backbone(x.cuda()).cpu(), y) for x, y in DataLoader(data, batch, num_workers=4)])
    return TensorDataset(torch.cat(feats), torch.cat(labels))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--root", default="beetles")
    ap.add_argument("--batch", type=int, default=128)
    ap.add_argument("--epochs", type=int, default=50)
    args = ap.parse_args()
    weights = models.RegNet_Y_800MF_Weights.DEFAULT
    backbone = models.regnet_y_800mf(weights=weights)
    width = backbone.fc.in_features
    backbone.fc = nn.Identity()
    backbone.cuda().requires_grad_(False)
    train = extract(backbone, datasets.ImageFolder(f"{args.root}/train", weights.transforms()), args.batch)
    val = extract(backbone, datasets.ImageFolder(f"{args.root}/val", weights.transforms()), args.batch)
    head = nn.Sequential(nn.LayerNorm(width), nn.Dropout(0.3), nn.Linear(width, 30))
    opt = torch.optim.AdamW(head.parameters(), lr=1e-3)
    for epoch in range(args.epochs):
        head.train()
        for z, y in DataLoader(train, 64, shuffle=True):
            opt.zero_grad()
            F.cross_entropy(head(z), y).backward()
            opt.step()
        head.eval()
        with torch.no_grad():
            ok = sum((head(z).argmax(1) == y).sum().item() for z, y in DataLoader(val, 256))
        print(epoch, ok / len(val))


if __name__ == "__main__":
    main()
