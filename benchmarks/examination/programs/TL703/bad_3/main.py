import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from nets import Critic, Sampler


class TabularGan:
    def __init__(self, d, z=16):
        self.sampler, self.critic = Sampler(z, d), Critic(d)
        self.loss = nn.BCELoss()
        self.so = torch.optim.Adam(self.sampler.parameters(), lr=2e-4, betas=(0.5, 0.999))
        self.co = torch.optim.Adam(self.critic.parameters(), lr=2e-4, betas=(0.5, 0.999))

    def score(self, x, label):
        pred = self.critic(x)
        return self.loss(pred, torch.full_like(pred, label))  # HERE

    def fit(self, loader, epochs):
        for epoch in range(epochs):
            for (real,) in loader:
                fake = self.sampler(torch.randn(len(real), self.sampler.z))
                self.co.zero_grad()
                (self.score(real, 1.0) + self.score(fake.detach(), 0.0)).backward()
                self.co.step()
                self.so.zero_grad()
                g = self.score(fake, 1.0)
                g.backward()
                self.so.step()
            print(epoch, g.item())


rows = torch.load("credit.pt")
TabularGan(rows.shape[1]).fit(DataLoader(TensorDataset(rows), batch_size=256, shuffle=True), 100)
