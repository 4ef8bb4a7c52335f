import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.utils.data import DataLoader, TensorDataset
import settings


class Trainer:
    def __init__(self, net, loader):
        self.net, self.loader = net, loader
        self.opt = torch.optim.AdamW(net.parameters(), lr=settings.LR)
        self.sched = CosineAnnealingLR(self.opt, T_max=settings.T_MAX)  # HERE

    def one_epoch(self):
        self.net.train()
        for x, y in self.loader:
            self.opt.zero_grad()
            loss = nn.functional.mse_loss(self.net(x), y)
            loss.backward()
            self.opt.step()
        self.sched.step()
        return loss.item()


d = torch.load("antenna.pt")
net = nn.Sequential(nn.Linear(32, 256), nn.SiLU(), nn.Linear(256, 181))
trainer = Trainer(net, DataLoader(TensorDataset(d["geometry"], d["pattern"]), batch_size=64, shuffle=True))
for epoch in range(settings.EPOCHS):
    print(epoch, trainer.one_epoch())
