import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import models, datasets


class PartlyFrozen(nn.Module):
    def __init__(self, classes):
        super().__init__()
        base = models.densenet121(weights="DEFAULT")
        self.features = base.features.requires_grad_(False)
        self.drop = nn.Dropout(0.2)
        self.fc = nn.Linear(1024, classes)

    def train(self, mode=True):  # HERE
        super().train(mode)
        self.features.eval()

    def forward(self, x):
        f = torch.relu(self.features(x)).mean(dim=(2, 3))
        return self.fc(self.drop(f))


weights = models.DenseNet121_Weights.DEFAULT
train_dl = DataLoader(datasets.GTSRB("data", "train", weights.transforms(), download=True), 64, shuffle=True)
test_dl = DataLoader(datasets.GTSRB("data", "test", weights.transforms()), 64)
net = PartlyFrozen(43)
opt = torch.optim.Adam(net.fc.parameters(), lr=1e-3)
for epoch in range(5):
    net.train()
    for x, y in train_dl:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(sum((net(x).argmax(1) == y).sum().item() for x, y in test_dl) / len(test_dl.dataset))
