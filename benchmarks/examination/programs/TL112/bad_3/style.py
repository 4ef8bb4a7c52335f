import torch
from torch import nn
from torchvision import models


class VGGFeatures(nn.Module):
    def __init__(self, layers=(3, 8, 15, 22)):
        super().__init__()
        self.net = models.vgg16(weights="DEFAULT").features[:23].eval()
        for weight in self.net.parameters():
            weight.required_grad = False  # HERE
        self.layers = set(layers)

    def forward(self, x):
        outs = []
        for i, layer in enumerate(self.net):
            x = layer(x)
            if i in self.layers:
                outs.append(x)
        return outs


def gram(f):
    b, c, h, w = f.shape
    f = f.view(b, c, h * w)
    return torch.bmm(f, f.transpose(1, 2)) / (c * h * w)
