import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from mri import Knees


def norm(c):
    return nn.GroupNorm(min(8, c), c)


class Block(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.body = nn.Sequential(nn.Conv3d(cin, cout, 3, padding=1), norm(cout), nn.ReLU(inplace=True))

    def forward(self, x):
        return self.body(x)


class Volume(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.stem = nn.Sequential(nn.InstanceNorm3d(1), Block(1, width))
        self.deep = Block(width, 2 * width)
        self.head = nn.Conv3d(2 * width, classes, 1)

    def forward(self, x):
        return self.head(self.deep(self.stem(x)))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--width", type=int, default=16)
    ap.add_argument("--batch", type=int, default=1)
    ap.add_argument("--epochs", type=int, default=100)
    args = ap.parse_args()
    net = Volume(args.width, 6).cuda()
    opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
    loader = DataLoader(Knees("train"), batch_size=args.batch, shuffle=True, num_workers=4)
    for epoch in range(args.epochs):
        for scan, tissue in loader:
            loss = F.cross_entropy(net(scan.cuda()), tissue.cuda())
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
