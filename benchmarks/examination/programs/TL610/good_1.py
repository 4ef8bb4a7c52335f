import copy
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("fonts.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=64, shuffle=True)
model = nn.Sequential(nn.Flatten(), nn.Linear(1024, 256), nn.ReLU(), nn.Linear(256, 62))
ema = copy.deepcopy(model).eval().requires_grad_(False)
net = model
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
for epoch in range(20):
    for x, y in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for slow, fast in zip(ema.parameters(), net.parameters()):
                slow.lerp_(fast, 0.001)
    with torch.no_grad():
        print(epoch, (ema(d["x_val"]).argmax(1) == d["y_val"]).float().mean().item())
