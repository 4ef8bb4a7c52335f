import torch
from torch import nn


class TwoTower(nn.Module):
    def __init__(self, users, items, dim=64):
        super().__init__()
        self.user = nn.Sequential(nn.Embedding(users, dim), nn.Linear(dim, dim))
        self.item = nn.Sequential(nn.Embedding(items, dim), nn.Linear(dim, dim))
        self.scale = nn.Parameter(torch.tensor(5.0))

    def forward(self, u, i):
        a = nn.functional.normalize(self.user(u), dim=-1)
        b = nn.functional.normalize(self.item(i), dim=-1)
        return self.scale * a @ b.t()
