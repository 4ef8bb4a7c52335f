import torch
from torch import nn


def expert(dim):
    return nn.Sequential(nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, dim))


class MixtureOfExperts(nn.Module):
    def __init__(self, dim, n_experts):
        super().__init__()
        self.gate = nn.Linear(dim, n_experts)
        experts = []
        for _ in range(n_experts):
            experts.append(expert(dim))
        self.experts = experts  # HERE
        self.score = nn.Linear(dim, 1)

    def forward(self, x):
        weight = self.gate(x).softmax(dim=-1)
        outs = torch.stack([e(x) for e in self.experts], dim=1)
        return self.score((weight.unsqueeze(-1) * outs).sum(1)).squeeze(-1)
