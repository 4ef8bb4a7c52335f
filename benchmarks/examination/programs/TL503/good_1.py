import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import DataLoader, TensorDataset

EPOCHS = 50
d = torch.load("glass.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=32, shuffle=True)
net = nn.Sequential(nn.Linear(9, 64), nn.ReLU(), nn.Linear(64, 7))
opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
cycle = OneCycleLR(opt, max_lr=0.1, total_steps=EPOCHS)
for epoch in range(EPOCHS):
    for x, y in loader:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
    cycle.step()
    print(epoch, loss.item())
