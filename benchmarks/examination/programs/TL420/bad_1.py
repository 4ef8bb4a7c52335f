import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("wsi.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=2, shuffle=True)
net = nn.Sequential(nn.Linear(768, 256), nn.ReLU(), nn.Linear(256, 2))
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4)
accum_iter = 16
for epoch in range(20):
    for i, (x, y) in enumerate(loader):
        optimizer.zero_grad()  # HERE
        loss = nn.functional.cross_entropy(net(x), y) / accum_iter
        loss.backward()
        if (i + 1) % accum_iter == 0 or i + 1 == len(loader):
            optimizer.step()
    print(epoch, loss.item() * accum_iter)
