import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("abalone.pt")
rings = d["rings"].float().unsqueeze(1)
loader = DataLoader(TensorDataset(d["x"], rings), batch_size=64, shuffle=True)
net = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 1))
mse = nn.MSELoss()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(80):
    for x, y in loader:
        opt.zero_grad()
        loss = mse(net(x), y)
        loss.backward()
        opt.step()
    with torch.no_grad():
        mae = (net(d["x_val"]) - d["rings_val"].float()[:, None]).abs().mean()
    print(epoch, loss.item(), mae.item())
