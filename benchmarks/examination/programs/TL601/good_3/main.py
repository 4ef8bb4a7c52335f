import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from decay import DecoupledDecay

d = torch.load("galvanometer.pt")
net = nn.Sequential(nn.Linear(50, 128), nn.Tanh(), nn.Linear(128, 50))
optimizer = DecoupledDecay(net.parameters(), lr=1e-3, weight_decay=0.02)
for epoch in range(60):
    for x, y in DataLoader(TensorDataset(d["x"], d["y"]), batch_size=128, shuffle=True):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(net(x), y)
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
