import argparse
import torch
import torch.nn as nn
from torch.utils.data import DataLoader
from detection.data import Coco, collate
from detection.heads import FPNHead
from torchvision.models import resnet50


class Detector(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.trunk = nn.Sequential(*list(resnet50(weights="DEFAULT").children())[:-2])
        self.head = FPNHead(2048, classes, dropout=0.1)

    def forward(self, images, targets=None):
        return self.head(self.trunk(images), targets)

    def train(self, mode=True):  # HERE
        self.training = mode
        for m in self.trunk.modules():
            if isinstance(m, nn.BatchNorm2d):
                m.train(False)
        return self


def train_epoch(det, loader, optim):
    det.train()
    for images, targets in loader:
        loss = det(images, targets)
        optim.zero_grad()
        loss.backward()
        optim.step()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--coco", default="/data/coco")
    ap.add_argument("--epochs", type=int, default=12)
    args = ap.parse_args()
    det = Detector(80)
    optim = torch.optim.SGD(det.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    train_dl = DataLoader(Coco(args.coco, "train2017"), 16, shuffle=True, drop_last=True, collate_fn=collate)
    val_dl = DataLoader(Coco(args.coco, "val2017"), 16, collate_fn=collate)
    for epoch in range(args.epochs):
        train_epoch(det, train_dl, optim)
        det.eval()
        with torch.no_grad():
            print(epoch, sum(det(i, t).item() for i, t in val_dl) / len(val_dl))


if __name__ == "__main__":
    main()
