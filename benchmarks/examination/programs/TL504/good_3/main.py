import torch
from torch import nn
from torch.utils.data import DataLoader
from plateau import ReduceOnPlateau
from sonography import Frames, EjectionNet

net = EjectionNet()
opt = torch.optim.Adam(net.parameters(), lr=3e-4)
scheduler = ReduceOnPlateau(opt)
train_dl = DataLoader(Frames("train"), batch_size=16, shuffle=True, drop_last=True)
val_dl = DataLoader(Frames("val"), batch_size=16)
for epoch in range(45):
    net.train()
    for clip, ef in train_dl:
        opt.zero_grad()
        nn.functional.l1_loss(net(clip), ef).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        for clip, ef in val_dl:
            scheduler.note(nn.functional.l1_loss(net(clip), ef).item())
    scheduler.step()
