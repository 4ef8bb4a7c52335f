import torch
import torch.nn as nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

keep_prob = 0.8

net = nn.Sequential(
    nn.Conv2d(3, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(64, 128, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(8192, 256), nn.ReLU(),
    nn.Dropout(keep_prob),  # HERE
    nn.Linear(256, 100),
)
tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.507, 0.487, 0.441), (0.267, 0.256, 0.276))])
train_dl = DataLoader(datasets.CIFAR100("data", True, tf, download=True), batch_size=128, shuffle=True)
test_dl = DataLoader(datasets.CIFAR100("data", False, tf), batch_size=512)
opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
for epoch in range(30):
    net.train()
    for x, y in train_dl:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(epoch, sum((net(x).argmax(1) == y).sum().item() for x, y in test_dl) / 10000)
