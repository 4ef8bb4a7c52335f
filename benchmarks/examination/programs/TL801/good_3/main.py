import torch
from torch import nn
from data import build

loaders = {split: build(split) for split in ("train", "test")}
net = nn.Sequential(nn.Conv2d(3, 48, 3, stride=2), nn.ReLU(), nn.Conv2d(48, 96, 3, stride=2), nn.ReLU(), nn.Flatten(),
                    nn.Linear(96 * 49, 10))
opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
for epoch in range(10):
    for x, y in loaders["train"]:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(epoch, sum((net(x).argmax(1) == y).sum().item() for x, y in loaders["test"]) / 10000)
    net.train()
