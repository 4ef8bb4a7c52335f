import torch
from torch import nn


class VAE(nn.Module):
    def __init__(self, d=784, z=20):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(d, 400), nn.ReLU())
        self.mu, self.logvar = nn.Linear(400, z), nn.Linear(400, z)
        self.dec = nn.Sequential(nn.Linear(z, 400), nn.ReLU(), nn.Linear(400, d))

    def forward(self, x):
        h = self.enc(x)
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        return self.dec(z), mu, logvar
