import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import models
from drone import Weeds
from freezing import freeze


class Segmenter(nn.Module):
    def __init__(self, classes):
        super().__init__()
        base = models.resnet34(weights="DEFAULT")
        self.trunk = freeze(nn.Sequential(*list(base.children())[:-2]))
        self.decode = nn.Sequential(nn.Conv2d(512, 128, 1), nn.GroupNorm(16, 128), nn.ReLU(), nn.Conv2d(128, classes, 1))

    def forward(self, x):
        low = self.decode(self.trunk(x))
        return nn.functional.interpolate(low, size=x.shape[-2:], mode="bilinear")


net = Segmenter(4).cuda()
opt = torch.optim.AdamW(net.decode.parameters(), lr=1e-3)
train_dl, val_dl = DataLoader(Weeds("train"), 16, shuffle=True), DataLoader(Weeds("val"), 16)
for epoch in range(30):
    net.train()
    for x, y in train_dl:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x.cuda()), y.cuda()).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        acc = [(net(x.cuda()).argmax(1).cpu() == y).float().mean().item() for x, y in val_dl]
    print(epoch, sum(acc) / len(acc))
