import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("insurance.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=64, shuffle=True)
net = nn.Sequential(nn.Linear(11, 64), nn.ReLU(), nn.Linear(64, 1))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)

for epoch in range(50):
    for x, y in loader:
        loss = nn.functional.poisson_nll_loss(net(x).squeeze(1), y)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(net.parameters(), 10.0)
        if not torch.isfinite(norm):
            opt.zero_grad()
            continue
        opt.step()
        opt.zero_grad()
    print(epoch, loss.item())
