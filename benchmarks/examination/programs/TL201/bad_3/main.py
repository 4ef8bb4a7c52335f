import torch
from torch import nn
from torch.utils.data import DataLoader
from blocks import DoubleConv
from elevation import Dem


class Upscaler:
    def __init__(self):
        self.net = nn.Sequential(DoubleConv(1, 64), DoubleConv(64, 32), nn.Conv2d(32, 1, 3, padding=1))
        self.opt = torch.optim.Adam(self.net.parameters(), lr=1e-3)

    def fit(self, loader, epochs):
        self.net.train()
        for epoch in range(epochs):
            for coarse, fine in loader:
                self.opt.zero_grad()
                loss = nn.functional.l1_loss(self.net(coarse), fine)
                loss.backward()
                self.opt.step()
            print(epoch, loss.item())


Upscaler().fit(DataLoader(Dem("srtm"), batch_size=16, shuffle=True, drop_last=True), 40)
