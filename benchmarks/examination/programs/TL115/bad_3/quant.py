import torch
from torch import nn


class Codebook(nn.Module):
    def __init__(self, n, dim):
        super().__init__()
        self.codes = nn.Embedding(n, dim)
        self.drop = nn.Dropout(0.1)
        self.hard = False

    def eval(self):  # HERE
        self.hard = True
        return self

    def forward(self, z):
        z = self.drop(z)
        near = torch.cdist(z, self.codes.weight).argmin(-1)
        q = self.codes(near)
        if self.hard:
            return q, z.new_zeros(())
        commit = (q.detach() - z).pow(2).mean() + (q - z.detach()).pow(2).mean()
        return z + (q - z).detach(), commit
