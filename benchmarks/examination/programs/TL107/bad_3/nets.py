import torch
from torch import nn


class Up(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(cin, cout, 3, padding=1), nn.LeakyReLU(0.2))

    def forward(self, x, skip):
        x = nn.functional.interpolate(x, size=skip.shape[-2:])
        if x.shape[1] != skip.shape[1]:
            skip = self.match(skip, x.shape[1])
        return self.conv(x + skip)

    def match(self, skip, channels):
        project = nn.Conv2d(skip.shape[1], channels, kernel_size=1).to(skip.device)  # HERE
        return project(skip)


class DepthNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.s1 = nn.Sequential(nn.Conv2d(3, 32, 3, 2, 1), nn.LeakyReLU(0.2))
        self.s2 = nn.Sequential(nn.Conv2d(32, 64, 3, 2, 1), nn.LeakyReLU(0.2))
        self.up = Up(64, 32)
        self.head = nn.Conv2d(32, 1, 3, padding=1)

    def forward(self, x):
        a = self.s1(x)
        return torch.nn.functional.softplus(self.head(self.up(self.s2(a), a)))
