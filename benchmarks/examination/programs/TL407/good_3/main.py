import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from vq import HardGate, StraightThrough

d = torch.load("kodak_blocks.pt")
codec = nn.Sequential(nn.Linear(192, 64), HardGate(64), StraightThrough(), nn.Linear(64, 192))
opt = torch.optim.Adam(codec.parameters(), lr=1e-3)
history = []
for epoch in range(40):
    for (block,) in DataLoader(TensorDataset(d), batch_size=256, shuffle=True):
        loss = nn.functional.mse_loss(codec(block), block)
        value = loss.item()
        opt.zero_grad()
        loss.backward()
        opt.step()
        history.append(value)
    print(epoch, sum(history[-100:]) / len(history[-100:]))
