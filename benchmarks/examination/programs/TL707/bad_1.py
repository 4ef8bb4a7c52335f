import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

n = 4096
x = torch.randn(n, 20)
y = (x[:, :3] * torch.tensor([1.0, -2.0, 0.5])).sum(dim=1)
loader = DataLoader(TensorDataset(x, y), batch_size=64, shuffle=True)
net = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 1))
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(30):
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(net(xb), yb)  # HERE
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
