import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.utils.data import DataLoader, TensorDataset
from loop import Loop

EPOCHS = 25
d = torch.load("pollen.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=64, shuffle=True)
net = nn.Sequential(nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 11))
optim = torch.optim.AdamW(net.parameters(), lr=1e-3)
sched = CosineAnnealingLR(optim, T_max=EPOCHS * len(loader))
Loop(net, optim, sched, nn.CrossEntropyLoss()).fit(loader, EPOCHS)
