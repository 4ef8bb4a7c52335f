import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("spam.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"].float()), batch_size=64, shuffle=True)
net = nn.Sequential(nn.Linear(57, 64), nn.ReLU(), nn.Linear(64, 1), nn.Softmax(dim=1))  # HERE
criterion = nn.BCELoss()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(40):
    for x, y in loader:
        opt.zero_grad()
        loss = criterion(net(x).squeeze(1), y)
        loss.backward()
        opt.step()
    print(epoch, loss.item())
