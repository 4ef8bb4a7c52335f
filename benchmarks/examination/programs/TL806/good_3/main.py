import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from loops import run

d = torch.load("airfoil.pt")
n = len(d["x"])
loader = DataLoader(TensorDataset(d["x"][: n * 3 // 4], d["y"][: n * 3 // 4]), batch_size=32, shuffle=True)
net = nn.Sequential(nn.Linear(5, 64), nn.Tanh(), nn.Dropout(0.05), nn.Linear(64, 1))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
loss_fn = nn.MSELoss()
history = [run(net, loader, loss_fn, opt) for _ in range(100)]

loader = DataLoader(TensorDataset(d["x"][n * 3 // 4:], d["y"][n * 3 // 4:]), batch_size=256)
print(history[-1], run(net, loader, loss_fn))
