import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, models
from phases import phase, run

weights = models.Swin_T_Weights.DEFAULT
small = DataLoader(datasets.FGVCAircraft("data", "train", transform=weights.transforms(), download=True), 64, shuffle=True)
full = DataLoader(datasets.FGVCAircraft("data", "trainval", transform=weights.transforms()), 32, shuffle=True)
net = models.swin_t(weights=weights)
net.head = nn.Linear(768, 100)
loss_fn = nn.CrossEntropyLoss()

net.requires_grad_(False)
net.head.requires_grad_(True)
opt, sched = phase(net.head.parameters(), 3e-3, 3, small)
print("head", run(net, small, loss_fn, opt, sched, 3))

net.requires_grad_(True)
opt, sched = phase(net.parameters(), 2e-4, 8, full)
print("all", run(net, full, loss_fn, opt, sched, 8))
