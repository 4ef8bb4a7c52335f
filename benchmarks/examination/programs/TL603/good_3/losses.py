import torch
from torch import nn


class CenterLoss(nn.Module):
    def __init__(self, classes, dim):
        super().__init__()
        self.centers = nn.Parameter(torch.randn(classes, dim))

    def forward(self, z, y):
        return (z - self.centers[y]).pow(2).sum(1).mean()


class Uncertainty(nn.Module):
    """Learnt weights of several losses (Kendall et al.)."""

    def __init__(self, n):
        super().__init__()
        self.log_var = nn.Parameter(torch.zeros(n))

    def forward(self, *losses):
        return sum((-s).exp() * loss + s for s, loss in zip(self.log_var, losses))
