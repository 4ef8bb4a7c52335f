import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from captcha import Images


class ArcMargin(nn.Module):
    def __init__(self, dim, classes, scale=30.0, margin=0.3):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(classes, dim) * 0.05)
        self.scale, self.margin = scale, margin

    def forward(self, z, y):
        cos = F.linear(F.normalize(z), F.normalize(self.weight)).clamp(-0.999, 0.999)
        target = torch.cos(cos.acos() + self.margin)
        hot = F.one_hot(y, cos.size(1)).bool()
        return F.cross_entropy(self.scale * torch.where(hot, target, cos), y)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--classes", type=int, default=400)
    ap.add_argument("--epochs", type=int, default=30)
    args = ap.parse_args()
    net = nn.Sequential(nn.Conv2d(3, 32, 5, stride=2), nn.ReLU(), nn.Conv2d(32, 64, 5, stride=2), nn.ReLU(),
                        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(256, 128))
    criterion = ArcMargin(128, args.classes)
    optimizer = torch.optim.AdamW(net.parameters(), lr=5e-4)  # HERE
    loader = DataLoader(Images("train"), batch_size=128, shuffle=True)
    for epoch in range(args.epochs):
        for x, y in loader:
            loss = criterion(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
