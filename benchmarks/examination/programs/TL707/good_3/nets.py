import torch
from torch import nn


class Value(nn.Module):
    def __init__(self, obs):
        super().__init__()
        self.v = nn.Sequential(nn.Linear(obs, 64), nn.Tanh(), nn.Linear(64, 1))

    def forward(self, obs):
        return torch.squeeze(self.v(obs), -1)


class Quantiles(nn.Module):
    def __init__(self, obs, n=32):
        super().__init__()
        self.q = nn.Sequential(nn.Linear(obs, 64), nn.Tanh(), nn.Linear(64, n))
        self.register_buffer("tau", (torch.arange(n) + 0.5) / n)

    def loss(self, obs, ret):
        u = ret.unsqueeze(1) - self.q(obs)
        return (u * (self.tau - (u < 0).float())).mean()
