from torch import nn


class Embedder(nn.Module):
    def __init__(self, d_in, classes):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(d_in, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(),
                                  nn.Linear(256, 128, bias=False), nn.BatchNorm1d(128), nn.ReLU())
        self.head = nn.Linear(128, classes)

    def forward(self, x):
        return self.head(self.body(x))
