import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("seeds.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=16, shuffle=True)
net = nn.Sequential(nn.Linear(7, 32), nn.ReLU(), nn.Linear(32, 3))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, weight_decay=1e-2)  # HERE
for epoch in range(100):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
