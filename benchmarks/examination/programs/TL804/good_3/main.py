import torch
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision import datasets
from transforms import WithTransform, build_transform

base = datasets.CIFAR100("data", train=True, download=True)
train_part, val_part = random_split(base, [45000, 5000], torch.Generator().manual_seed(1))
train_dl = DataLoader(WithTransform(train_part, build_transform(True, 32)), batch_size=128, shuffle=True)
val_dl = DataLoader(WithTransform(val_part, build_transform(False, 32)), batch_size=500)
net = nn.Sequential(nn.Conv2d(3, 64, 3, stride=2), nn.ReLU(), nn.Conv2d(64, 128, 3, stride=2), nn.ReLU(), nn.Flatten(),
                    nn.Dropout(0.3), nn.Linear(128 * 49, 100))
opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
for epoch in range(30):
    net.train()
    for x, y in train_dl:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(epoch, sum((net(x).argmax(1) == y).sum().item() for x, y in val_dl) / 5000)
