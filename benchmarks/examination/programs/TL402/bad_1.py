import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("diabetes.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=32, shuffle=True)
net = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))
bce = nn.BCEWithLogitsLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
for epoch in range(200):
    for x, y in loader:
        loss = bce(net(x).squeeze(1), y.float())
        loss.backward()
        optimizer.zero_grad()  # HERE
        optimizer.step()
    print(epoch, loss.item())
