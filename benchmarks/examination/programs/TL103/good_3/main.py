import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader
from lungs import LungSlices
from metrics import dice, evaluate


class TinyUNet(nn.Module):
    def __init__(self, w=24):
        super().__init__()
        self.a = nn.Sequential(nn.Conv2d(1, w, 3, padding=1), nn.GroupNorm(8, w), nn.SiLU())
        self.b = nn.Sequential(nn.Conv2d(w, 2 * w, 3, padding=1), nn.GroupNorm(8, 2 * w), nn.SiLU())
        self.c = nn.Sequential(nn.Conv2d(3 * w, w, 3, padding=1), nn.SiLU(), nn.Conv2d(w, 1, 1))

    def forward(self, x):
        top = self.a(x)
        low = self.b(F.max_pool2d(top, 2))
        up = F.interpolate(low, scale_factor=2, mode="bilinear", align_corners=False)
        return self.c(torch.cat([top, up], dim=1))


unet = TinyUNet()
optim = torch.optim.Adam(unet.parameters(), lr=1e-3)


@torch.no_grad()
def val_step(batch):
    scan, mask = batch
    return dice(unet(scan), mask).item()


for epoch in range(50):
    unet.train()
    for scan, mask in DataLoader(LungSlices("train"), batch_size=8, shuffle=True):
        optim.zero_grad()
        logits = unet(scan)
        loss = F.binary_cross_entropy_with_logits(logits, mask) + 1 - dice(logits, mask)
        loss.backward()
        optim.step()
    unet.eval()
    print(epoch, evaluate(val_step, DataLoader(LungSlices("val"), batch_size=8)))
