import torch
from torch import nn
from data import loaders


class Reader:
    def __init__(self, root):
        self.train_dl, self.val_dl = loaders(root, 64)
        self.net = nn.Sequential(nn.Conv2d(1, 32, 5, stride=2), nn.ReLU(), nn.Conv2d(32, 64, 3, stride=2), nn.ReLU(),
                                 nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(1024, 36))
        self.opt = torch.optim.Adam(self.net.parameters(), lr=1e-3)

    def train_epoch(self):
        self.net.train()
        for x, y in self.train_dl:
            self.opt.zero_grad()
            nn.functional.cross_entropy(self.net(x), y).backward()
            self.opt.step()

    def val_accuracy(self):
        self.net.eval()
        with torch.no_grad():
            ok = sum((self.net(x).argmax(1) == y).sum().item() for x, y in self.val_dl)
        return ok / len(self.val_dl.dataset)


reader = Reader("plates")
for epoch in range(30):
    reader.train_epoch()
    print(epoch, reader.val_accuracy())
