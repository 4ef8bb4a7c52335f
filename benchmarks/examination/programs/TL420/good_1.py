import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

ACCUM = 4
d = torch.load("aerial.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=4, shuffle=True)
net = nn.Sequential(nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 6, 1))
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
for epoch in range(30):
    for i, (x, y) in enumerate(loader):
        if i % ACCUM == 0:
            opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y) / ACCUM
        loss.backward()
        if i % ACCUM == ACCUM - 1 or i == len(loader) - 1:
            opt.step()
    print(epoch, loss.item() * ACCUM)
