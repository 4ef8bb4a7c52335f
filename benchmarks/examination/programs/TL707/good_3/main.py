import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from nets import Quantiles, Value

d = torch.load("returns.pt")
value, quant = Value(24), Quantiles(24)
criterion = nn.SmoothL1Loss()
opt = torch.optim.Adam([*value.parameters(), *quant.parameters()], lr=3e-4)
for epoch in range(40):
    for obs, ret in DataLoader(TensorDataset(d["obs"], d["ret"]), batch_size=256, shuffle=True):
        loss = criterion(value(obs), ret) + quant.loss(obs, ret)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, loss.item())
