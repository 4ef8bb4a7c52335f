import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("yacht.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=32, shuffle=True)
net = nn.Sequential(nn.Linear(6, 50), nn.ReLU(), nn.Linear(50, 1))
opt = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9)
loss_fn = nn.MSELoss()
for epoch in range(300):
    for x, y in loader:
        opt.zero_grad()
        loss = loss_fn(net(x).squeeze(1), y)
        opt.step()  # HERE
        loss.backward()
    print(epoch, loss.item())
