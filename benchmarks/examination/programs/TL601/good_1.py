import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("minerals.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=64, shuffle=True)
net = nn.Sequential(nn.Linear(900, 256), nn.GELU(), nn.LayerNorm(256), nn.Linear(256, 40))
decay = [p for p in net.parameters() if p.ndim > 1]
rest = [p for p in net.parameters() if p.ndim <= 1]
opt = torch.optim.AdamW([{"params": decay, "weight_decay": 0.05}, {"params": rest, "weight_decay": 0.0}], lr=1e-3)
for epoch in range(30):
    for x, y in loader:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
    print(epoch, loss.item())
