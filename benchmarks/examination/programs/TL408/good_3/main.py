import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from memory import Cell

d = torch.load("motion_capture.pt")
cell = Cell(d.shape[-1], 128)
opt = torch.optim.Adam(cell.parameters(), lr=1e-3)
for epoch in range(25):
    for (seq,) in DataLoader(TensorDataset(d), batch_size=32, shuffle=True):
        hidden = cell.start(len(seq))
        loss = 0.0
        for t in range(seq.size(1) - 1):
            guess, hidden = cell(seq[:, t], hidden)
            loss = loss + nn.functional.mse_loss(guess, seq[:, t + 1])
        loss = loss / (seq.size(1) - 1)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(cell.parameters(), 1.0)
        opt.step()
    print(epoch, loss.item())
