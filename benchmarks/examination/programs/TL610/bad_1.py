import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("pendulum.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=64, shuffle=True)
baseline = nn.Linear(4, 4)
model = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 4))
optimizer = torch.optim.Adam(baseline.parameters(), lr=1e-3)  # HERE
for epoch in range(50):
    for x, y in loader:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
