import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from hvp import top_eigenvalue

d = torch.load("two_spirals.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=128, shuffle=True)
net = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 2))
params = list(net.parameters())
opt = torch.optim.SGD(params, lr=0.05, momentum=0.9)
for epoch in range(200):
    for x, y in loader:
        loss = nn.functional.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 20 == 0:
        sharp = top_eigenvalue(nn.functional.cross_entropy(net(d["x"]), d["y"]), params)
        print(epoch, loss.item(), sharp)
