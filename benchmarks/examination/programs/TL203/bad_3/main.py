import torch
from torch import nn
from torch.utils.data import DataLoader
from cheese import Spectra
from net import Embedder


class Trainer:
    def __init__(self):
        self.net = Embedder(700, 15)
        self.opt = torch.optim.AdamW(self.net.parameters(), lr=1e-3)
        self.train_dl = DataLoader(Spectra("train"), batch_size=48, shuffle=True)  # HERE
        self.val_dl = DataLoader(Spectra("val"), batch_size=128)

    def fit(self, epochs):
        for epoch in range(epochs):
            self.net.train()
            for x, y in self.train_dl:
                self.opt.zero_grad()
                nn.functional.cross_entropy(self.net(x), y).backward()
                self.opt.step()
            self.net.eval()
            with torch.no_grad():
                print(epoch, sum((self.net(x).argmax(1) == y).sum().item() for x, y in self.val_dl))


Trainer().fit(30)
