import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("sonar.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=16, shuffle=True)
net = nn.Sequential(nn.Linear(60, 32), nn.ReLU(), nn.Linear(32, 2))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(100):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward(retain_graph=True)  # HERE
        optimizer.step()
    print(epoch, loss.item())
