import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from regular import RDrop


class Runner:
    def __init__(self, d_in, classes):
        self.net = nn.Sequential(nn.Linear(d_in, 256), nn.ReLU(), nn.Dropout(0.3), nn.Linear(256, classes))
        self.criterion = RDrop(alpha=1.0)
        self.opt = torch.optim.AdamW(self.net.parameters(), lr=1e-3)

    def fit(self, loader, epochs):
        self.net.train()
        for epoch in range(epochs):
            for x, y in loader:
                loss = self.criterion(self.net(x), self.net(x), y)
                self.opt.zero_grad()
                loss.backward()
                self.opt.step()
            print(epoch, loss.item())


d = torch.load("banking77.pt")
Runner(384, 77).fit(DataLoader(TensorDataset(d["x"], d["y"]), batch_size=64, shuffle=True), 30)
