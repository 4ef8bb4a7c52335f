import torch
from torch import nn
from torchvision import models


class VideoHead(nn.Module):
    def __init__(self, classes):
        super().__init__()
        base = models.densenet121(weights="DEFAULT")
        self.encoder = base.features
        for p in self.encoder.parameters():
            p.requires_grad_(False)
        self.rnn = nn.GRU(1024, 256, batch_first=True)
        self.out = nn.Linear(256, classes)

    def forward(self, clip):
        b, t = clip.shape[:2]
        with torch.no_grad():
            z = self.encoder(clip.flatten(0, 1)).mean(dim=(2, 3))
        h, _ = self.rnn(z.view(b, t, -1))
        return self.out(h[:, -1])
