import torch.nn.functional as F
from torch import nn


class RDrop(nn.Module):
    def __init__(self, alpha):
        super().__init__()
        self.alpha = alpha

    def forward(self, a, b, y):
        ce = F.cross_entropy(a, y) + F.cross_entropy(b, y)
        forth = F.kl_div(a, b.softmax(-1), reduction="batchmean")  # HERE
        return ce + self.alpha * forth
