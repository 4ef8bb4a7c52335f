import torch.nn.functional as F
from torch import nn


class ResidualHead(nn.Module):
    def __init__(self, width, drop_rate=0.2):
        super().__init__()
        self.lin1 = nn.Linear(width, width)
        self.lin2 = nn.Linear(width, width)
        self.out = nn.Linear(width, 1)
        self.drop_rate = drop_rate

    def forward(self, h):
        z = F.relu(self.lin1(h))
        z = F.dropout(self.lin2(z), p=self.drop_rate)  # HERE
        return self.out(F.relu(h + z))
