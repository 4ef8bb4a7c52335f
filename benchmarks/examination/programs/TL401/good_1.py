import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("steel.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=32, shuffle=True)
net = nn.Sequential(nn.Conv2d(1, 16, 5), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(256, 6))
opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, nesterov=True)

for epoch in range(30):
    seen = 0.0
    for x, y in loader:
        for param in net.parameters():
            param.grad = None
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
        seen += loss.item()
    print(epoch, seen / len(loader))
