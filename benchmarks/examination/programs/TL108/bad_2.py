import argparse
import torch
import torch.nn as nn
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision import transforms as T


class MultiScaleD(nn.Module):
    def __init__(self, scales, width):
        super().__init__()
        self.pool = nn.AvgPool2d(2)
        self.nets = {}
        for s in range(scales):
            self.nets[s] = self.make(width)  # HERE

    def make(self, w):
        return nn.Sequential(nn.Conv2d(3, w, 4, 2, 1), nn.LeakyReLU(0.2),
                             nn.Conv2d(w, 2 * w, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(2 * w, 1, 4))

    def forward(self, x):
        outs = []
        for s in sorted(self.nets):
            outs.append(self.nets[s](x).mean(dim=(1, 2, 3)))
            x = self.pool(x)
        return torch.stack(outs).mean(0)


class MultiScaleCritic(nn.Module):
    def __init__(self, scales, width):
        super().__init__()
        self.stem = nn.Conv2d(3, 3, 3, padding=1)
        self.d = MultiScaleD(scales, width)

    def forward(self, x):
        return self.d(self.stem(x))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--real", required=True)
    ap.add_argument("--fake", required=True)
    ap.add_argument("--scales", type=int, default=3)
    args = ap.parse_args()
    tf = T.Compose([T.Resize(128), T.CenterCrop(128), T.ToTensor(), T.Normalize((0.5,) * 3, (0.5,) * 3)])
    real_dl = DataLoader(ImageFolder(args.real, tf), 32, shuffle=True)
    fake_dl = DataLoader(ImageFolder(args.fake, tf), 32, shuffle=True)
    critic = MultiScaleCritic(args.scales, 32)
    opt = torch.optim.Adam(critic.parameters(), lr=2e-4, betas=(0.5, 0.999))
    for (real, _), (fake, _) in zip(real_dl, fake_dl):
        loss = torch.relu(1 - critic(real)).mean() + torch.relu(1 + critic(fake)).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()


if __name__ == "__main__":
    main()
