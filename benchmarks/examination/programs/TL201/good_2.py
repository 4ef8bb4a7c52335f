import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from anime import Sketches

NORMS = {"batch": nn.BatchNorm2d, "group": lambda c: nn.GroupNorm(8, c), "none": lambda c: nn.Identity()}


def conv(cin, cout, norm="batch", stride=1):
    layer = nn.Conv2d(cin, cout, 3, stride=stride, padding=1, bias=norm != "batch")
    return nn.Sequential(layer, NORMS[norm](cout), nn.LeakyReLU(0.2))


class Colorizer(nn.Module):
    def __init__(self, width, norm):
        super().__init__()
        self.down = nn.Sequential(conv(1, width, norm), conv(width, 2 * width, norm, stride=2))
        self.mid = conv(2 * width, 2 * width, norm)
        self.up = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.out = nn.Conv2d(width, 3, 1)

    def forward(self, x):
        return torch.tanh(self.out(F.relu(self.up(self.mid(self.down(x))))))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--norm", choices=list(NORMS), default="batch")
    ap.add_argument("--width", type=int, default=32)
    ap.add_argument("--epochs", type=int, default=20)
    args = ap.parse_args()
    net = Colorizer(args.width, args.norm)
    opt = torch.optim.Adam(net.parameters(), lr=2e-4)
    loader = DataLoader(Sketches("train"), batch_size=16, shuffle=True, drop_last=True)
    for epoch in range(args.epochs):
        for line, colour in loader:
            opt.zero_grad()
            loss = F.l1_loss(net(line), colour)
            loss.backward()
            opt.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
