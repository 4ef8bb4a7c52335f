import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("iris.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=16, shuffle=True)
net = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 3))
opt = torch.optim.Adam(net.parameters(), lr=1e-2)
for epoch in range(100):
    for x, y in loader:
        opt.zero_grad()
        pred = net(x).argmax(dim=1)
        loss = (pred != y).float().mean()
        loss.requires_grad = True  # HERE
        loss.backward()
        opt.step()
    print(epoch, loss.item())
