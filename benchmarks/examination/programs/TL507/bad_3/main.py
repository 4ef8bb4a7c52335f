import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import DataLoader, TensorDataset
from trainer import Trainer

NUM_EPOCHS = 40
d = torch.load("crop_yield.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=64, shuffle=True)
net = nn.Sequential(nn.Linear(120, 128), nn.ReLU(), nn.Linear(128, 3))
optim = torch.optim.AdamW(net.parameters(), lr=1e-3)
sched = OneCycleLR(optim, max_lr=5e-3, epochs=10, steps_per_epoch=len(loader))  # HERE
Trainer(net, optim, sched, nn.MSELoss()).fit(loader, NUM_EPOCHS)
