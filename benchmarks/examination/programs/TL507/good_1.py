import math
import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import DataLoader, TensorDataset

EPOCHS, BATCH, ACCUM = 15, 16, 4
d = torch.load("coral.pt")
data = TensorDataset(d["x"], d["y"])
loader = DataLoader(data, batch_size=BATCH, shuffle=True, drop_last=True)
net = nn.Sequential(nn.Conv2d(3, 32, 5, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(512, 14))
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
micro = len(data) // BATCH
schedule = OneCycleLR(opt, max_lr=4e-3, epochs=EPOCHS, steps_per_epoch=math.ceil(micro / ACCUM))
for epoch in range(EPOCHS):
    for i, (x, y) in enumerate(loader, start=1):
        loss = nn.functional.cross_entropy(net(x), y)
        (loss / ACCUM).backward()
        if i % ACCUM and i != micro:
            continue
        opt.step()
        schedule.step()
        opt.zero_grad()
    print(epoch, loss.item())
