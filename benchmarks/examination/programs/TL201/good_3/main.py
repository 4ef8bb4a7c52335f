import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from layers import stage

d = torch.load("galaxy_stamps.pt")
net = nn.Sequential(stage(3, 32), nn.MaxPool2d(2), stage(32, 64), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                    nn.Linear(64, 128, bias=False), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 10))
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=64, shuffle=True, drop_last=True)
for epoch in range(20):
    for x, y in loader:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
    print(epoch, loss.item())
