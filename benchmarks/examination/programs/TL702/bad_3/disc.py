from torch import nn


class PatchDiscriminator(nn.Module):
    def __init__(self, cin=3, w=64):
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv2d(cin, w, 4, 2, 1), nn.Conv2d(w, 2 * w, 4, 2, 1),
                                     nn.Conv2d(2 * w, 1, 4, 1, 1)])
        self.act = nn.LeakyReLU(0.2)
        self.final = nn.Sigmoid()

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = self.act(layer(x))
        return self.final(self.layers[-1](x))
