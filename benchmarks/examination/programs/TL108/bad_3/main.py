import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from recsys import MixtureOfExperts


class RatingModel(nn.Module):
    def __init__(self, users, items, dim=32):
        super().__init__()
        self.u, self.i = nn.Embedding(users, dim), nn.Embedding(items, dim)
        self.moe = MixtureOfExperts(2 * dim, 4)

    def forward(self, u, i):
        return self.moe(torch.cat([self.u(u), self.i(i)], dim=-1))


class Session:
    def __init__(self, file):
        blob = torch.load(file)
        self.net = RatingModel(blob["n_users"], blob["n_items"])
        self.opt = torch.optim.Adam(self.net.parameters(), lr=2e-3)
        self.loader = DataLoader(TensorDataset(blob["u"], blob["i"], blob["r"]), batch_size=1024, shuffle=True)

    def run(self, epochs):
        for epoch in range(epochs):
            se = 0.0
            for u, i, r in self.loader:
                self.opt.zero_grad()
                loss = nn.functional.mse_loss(self.net(u, i), r)
                loss.backward()
                self.opt.step()
                se += loss.item() * len(r)
            print(epoch, (se / len(self.loader.dataset)) ** 0.5)


Session("ml1m.pt").run(10)
