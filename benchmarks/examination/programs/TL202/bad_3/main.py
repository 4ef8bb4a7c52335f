import torch
from torch import nn
from torch.utils.data import DataLoader
from config import Config
from vimeo import Triplets


class Interpolator(nn.Module):
    def __init__(self, w=48):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(6, w, 5, padding=2, bias=False), nn.BatchNorm2d(w), nn.ReLU(),
            nn.Conv2d(w, w, 3, padding=1, bias=False), nn.BatchNorm2d(w), nn.ReLU(),
            nn.Conv2d(w, 3, 3, padding=1))

    def forward(self, a, b):
        return (a + b) / 2 + self.net(torch.cat([a, b], 1))


class Trainer:
    def __init__(self, cfg):
        self.cfg = cfg
        self.net = Interpolator().cuda()
        self.opt = torch.optim.AdamW(self.net.parameters(), lr=cfg.lr)
        self.loader = DataLoader(Triplets(cfg.root), batch_size=cfg.batch_size, shuffle=True, drop_last=True)  # HERE

    def fit(self):
        self.net.train()
        for epoch in range(self.cfg.epochs):
            for a, middle, b in self.loader:
                loss = (self.net(a.cuda(), b.cuda()) - middle.cuda()).abs().mean()
                self.opt.zero_grad()
                loss.backward()
                self.opt.step()
            print(epoch, loss.item())


Trainer(Config()).fit()
