import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from trainer import Trainer

weather = torch.load("era5.pt")
net = nn.Sequential(
    nn.Conv2d(20, 128, 3, padding=1), nn.SiLU(), nn.Conv2d(128, 128, 3, padding=1), nn.SiLU(),
    nn.Conv2d(128, 20, 3, padding=1))
Trainer(net, nn.MSELoss(), lr=3e-4).fit(
    DataLoader(TensorDataset(weather[:-1], weather[1:]), batch_size=16, shuffle=True), epochs=20)
