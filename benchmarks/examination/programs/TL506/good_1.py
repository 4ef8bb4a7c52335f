import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.utils.data import DataLoader, TensorDataset

MAX_EPOCHS, ACCUM = 30, 2
d = torch.load("pulsars.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=64, shuffle=True)
net = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 2))
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
updates = -(-len(loader) // ACCUM) * MAX_EPOCHS
cosine = CosineAnnealingLR(opt, updates)
for epoch in range(MAX_EPOCHS):
    for i, (x, y) in enumerate(loader, start=1):
        loss = nn.functional.cross_entropy(net(x), y)
        (loss / ACCUM).backward()
        if i % ACCUM == 0 or i == len(loader):
            opt.step()
            opt.zero_grad()
            cosine.step()
    print(epoch, loss.item())
