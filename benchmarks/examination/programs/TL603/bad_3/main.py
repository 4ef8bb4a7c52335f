import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from models import TwoTower


class Retrieval:
    def __init__(self, blob):
        self.net = TwoTower(blob["n_users"], blob["n_items"])
        self.opt = self.configure()
        self.loader = DataLoader(TensorDataset(blob["u"], blob["i"]), batch_size=512, shuffle=True, drop_last=True)

    def configure(self):
        return torch.optim.Adam([  # HERE
            {"params": self.net.user.parameters(), "lr": 1e-3},
            {"params": self.net.scale, "lr": 1e-2},
        ])

    def epoch(self):
        total = 0.0
        for u, i in self.loader:
            sim = self.net(u, i)
            loss = nn.functional.cross_entropy(sim, torch.arange(len(u)))
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
            total += loss.item()
        return total / len(self.loader)


job = Retrieval(torch.load("books.pt"))
for epoch in range(20):
    print(epoch, job.epoch())
