import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

tf = transforms.Compose([transforms.Resize(64), transforms.CenterCrop(64), transforms.ToTensor(),
                         transforms.Normalize((0.5,) * 3, (0.5,) * 3)])
sets = {s: datasets.ImageFolder(f"leaves/{s}", tf) for s in ("train", "val")}
loaders = {s: DataLoader(sets[s], batch_size=64, shuffle=s == "train", drop_last=s == "train", num_workers=2) for s in sets}
net = nn.Sequential(
    nn.Conv2d(3, 32, 3, stride=2, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
    nn.Conv2d(32, 64, 3, stride=2, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 38))
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
for epoch in range(20):
    net.train()
    for x, y in loaders["train"]:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        ok = sum((net(x).argmax(1) == y).sum().item() for x, y in loaders["val"])
    print(epoch, ok / len(sets["val"]))
