from torch import nn


def mlp(sizes, last):
    layers = []
    for a, b in zip(sizes[:-2], sizes[1:-1]):
        layers += [nn.Linear(a, b), nn.ReLU(), nn.Dropout(0.2)]
    layers += [nn.Linear(sizes[-2], sizes[-1]), last]
    return nn.Sequential(*layers)


class GenreNet(nn.Module):
    def __init__(self, features, genres):
        super().__init__()
        self.net = mlp([features, 256, 128, genres], nn.Softmax(dim=1))

    def forward(self, x):
        return self.net(x)
