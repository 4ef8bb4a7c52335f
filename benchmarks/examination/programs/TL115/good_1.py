import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import models, datasets


class FrozenStats(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.backbone = models.resnet34(weights="DEFAULT")
        self.backbone.fc = nn.Linear(512, classes)

    def forward(self, x):
        return self.backbone(x)

    def train(self, mode: bool = True):
        result = super(FrozenStats, self).train(mode)
        for m in self.modules():
            if isinstance(m, nn.BatchNorm2d):
                m.eval()
        return result


net = FrozenStats(47)
weights = models.ResNet34_Weights.DEFAULT
train_dl = DataLoader(datasets.DTD("data", "train", transform=weights.transforms(), download=True), 16, shuffle=True)
test_dl = DataLoader(datasets.DTD("data", "test", transform=weights.transforms()), 64)
opt = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9)
for epoch in range(20):
    net.train()
    for x, y in train_dl:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(sum((net(x).argmax(1) == y).sum().item() for x, y in test_dl) / len(test_dl.dataset))
