import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("bankruptcy.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"].float()), batch_size=128, shuffle=True)
net = nn.Sequential(nn.Linear(95, 64), nn.ReLU(), nn.Linear(64, 1))
bce = nn.BCEWithLogitsLoss()
for epoch in range(30):
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)  # HERE
    for x, y in loader:
        optimizer.zero_grad()
        loss = bce(net(x).squeeze(1), y)
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
