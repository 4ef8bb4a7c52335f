from torch import nn


class Critic(nn.Module):
    def __init__(self, obs, hidden=256):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, obs):
        return self.net(obs)
