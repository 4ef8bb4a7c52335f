import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("dns.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=64, shuffle=True)
net = nn.Sequential(nn.Linear(3, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
opt = torch.optim.LBFGS(net.parameters(), lr=0.5, line_search_fn="strong_wolfe")
for epoch in range(50):
    for x, y in loader:
        def closure():
            opt.zero_grad()
            value = nn.functional.mse_loss(net(x), y)
            value.backward()
            return value
        loss = opt.step(closure)
    print(epoch, loss.item())
