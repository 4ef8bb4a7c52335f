from torch import nn


class Discriminator(nn.Module):
    def __init__(self, w=64):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(3, w, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(w, 2 * w, 4, 2, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(2 * w, 1, 8), nn.Flatten(0), nn.Sigmoid())

    def forward(self, x):
        return self.main(x)


class Generator(nn.Module):
    def __init__(self, z=100, w=64):
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(z, 2 * w, 8), nn.ReLU(), nn.ConvTranspose2d(2 * w, w, 4, 2, 1), nn.ReLU(),
            nn.ConvTranspose2d(w, 3, 4, 2, 1), nn.Tanh())

    def forward(self, z):
        return self.main(z)
