import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from losses import CenterLoss, Uncertainty

d = torch.load("signatures.pt")
net = nn.Sequential(nn.Linear(400, 256), nn.ReLU(), nn.Linear(256, 64))
head = nn.Linear(64, 55)
center, balance = CenterLoss(55, 64), Uncertainty(2)
bag = nn.ModuleList([net, head, center, balance])
opt_all = torch.optim.AdamW([p for m in (net, head, balance) for p in m.parameters()], lr=1e-3)
opt_center = torch.optim.SGD(center.parameters(), lr=0.1)
for epoch in range(40):
    for x, y in DataLoader(TensorDataset(d["x"], d["y"]), batch_size=64, shuffle=True):
        z = net(x)
        loss = balance(nn.functional.cross_entropy(head(z), y), center(z, y))
        opt_all.zero_grad()
        opt_center.zero_grad()
        loss.backward()
        opt_all.step()
        opt_center.step()
    print(epoch, loss.item())
torch.save(bag.state_dict(), "signatures_net.pt")
