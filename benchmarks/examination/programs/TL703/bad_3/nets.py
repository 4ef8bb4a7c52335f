from torch import nn


class Critic(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(d, 128), nn.LeakyReLU(0.2), nn.Linear(128, 128), nn.LeakyReLU(0.2))
        self.out = nn.Linear(128, 1)

    def forward(self, x):
        return self.out(self.body(x))


class Sampler(nn.Module):
    def __init__(self, z, d):
        super().__init__()
        self.z = z
        self.net = nn.Sequential(nn.Linear(z, 128), nn.ReLU(), nn.Linear(128, d))

    def forward(self, noise):
        return self.net(noise)
