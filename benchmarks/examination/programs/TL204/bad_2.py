import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from torchvision import models
from thermal_faces import Faces


class Emotion(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.backbone = models.mobilenet_v3_large(weights="DEFAULT")
        self.backbone.classifier = nn.Identity()
        self.head = nn.Linear(960, classes)

    def freeze_backbone(self):
        self.backbone.requires_grad_(False)

    def forward(self, x):
        return self.head(self.backbone(x))


def train_epoch(net, loader, opt):
    net.train()  # HERE
    for x, y in loader:
        loss = F.cross_entropy(net(x.cuda()), y.cuda())
        opt.zero_grad()
        loss.backward()
        opt.step()
    return loss.item()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--classes", type=int, default=7)
    ap.add_argument("--epochs", type=int, default=15)
    args = ap.parse_args()
    net = Emotion(args.classes).cuda()
    net.freeze_backbone()
    opt = torch.optim.AdamW(net.head.parameters(), lr=1e-3)
    loader = DataLoader(Faces("train"), batch_size=64, shuffle=True, drop_last=True)
    for epoch in range(args.epochs):
        print(epoch, train_epoch(net, loader, opt))


if __name__ == "__main__":
    main()
