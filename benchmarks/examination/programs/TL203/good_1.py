import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("expression.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=64, shuffle=True)
net = nn.Sequential(nn.Linear(978, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(), nn.Linear(256, 18))
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
for epoch in range(30):
    for x, y in loader:
        if x.size(0) < 8:
            continue
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
    print(epoch, loss.item())
