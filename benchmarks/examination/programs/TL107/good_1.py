import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms


class LazyHeadNet(nn.Module):
    """The head's width is read off the first batch; built once, before training."""

    def __init__(self, classes):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 32, 5, stride=2), nn.ReLU(),
                                      nn.Conv2d(32, 64, 5, stride=2), nn.ReLU(), nn.Flatten())
        self.classes = classes
        self.head = None

    def build(self, sample):
        with torch.no_grad():
            width = self.features(sample).shape[1]
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(width, self.classes))
        return self

    def forward(self, x):
        x = nn.ReLU()(self.features(x))
        return self.head(x)


tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,) * 3, (0.5,) * 3)])
train_dl = DataLoader(datasets.CIFAR10("data", True, tf, download=True), 128, shuffle=True)
test_dl = DataLoader(datasets.CIFAR10("data", False, tf), 512)
net = LazyHeadNet(10).build(next(iter(train_dl))[0])
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(12):
    net.train()
    for x, y in train_dl:
        opt.zero_grad()
        nn.CrossEntropyLoss()(net(x), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(sum((net(x).argmax(1) == y).sum().item() for x, y in test_dl) / 10000)
