import torch
from torch import nn
from torch.utils.data import DataLoader
from prepare import load


class Trainer:
    def __init__(self, path):
        train, val = load(path, seed=0)
        self.train_dl = DataLoader(train, batch_size=64, shuffle=True)
        self.val_dl = DataLoader(val, batch_size=256)
        self.net = nn.Sequential(nn.Linear(561, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 6))
        self.opt = torch.optim.Adam(self.net.parameters(), lr=1e-3)

    def fit(self, epochs):
        for epoch in range(epochs):
            self.net.train()
            for x, y in self.train_dl:
                self.opt.zero_grad()
                nn.functional.cross_entropy(self.net(x), y).backward()
                self.opt.step()
            print(epoch, self.accuracy())

    @torch.no_grad()
    def accuracy(self):
        self.net.eval()
        return sum((self.net(x).argmax(1) == y).sum().item() for x, y in self.val_dl) / len(self.val_dl.dataset)


Trainer("har.pt").fit(20)
