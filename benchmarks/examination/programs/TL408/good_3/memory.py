import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, d_in, d):
        super().__init__()
        self.cell = nn.GRUCell(d_in, d)
        self.out = nn.Linear(d, d_in)
        self.d = d

    def start(self, n):
        return torch.zeros(n, self.d)

    def forward(self, x, h):
        h = self.cell(x, h)
        return self.out(h), h
