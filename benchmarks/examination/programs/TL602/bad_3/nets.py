from torch import nn


class Scorer(nn.Module):
    def __init__(self, d_in, out):
        super().__init__()
        self.d = 64
        self.body = nn.Sequential(nn.Linear(d_in, 64), nn.ReLU())
        self.out = nn.Linear(64, out)

    def reset_head(self, out):
        self.out = nn.Linear(self.d, out)  # HERE

    def forward(self, x):
        return self.out(self.body(x))
