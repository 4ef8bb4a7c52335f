import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("pde.pt")
loader = DataLoader(TensorDataset(d["a"], d["u"]), batch_size=32, shuffle=True)
net = nn.Sequential(nn.Conv2d(1, 64, 5, padding=2), nn.GELU(), nn.Conv2d(64, 64, 5, padding=2), nn.GELU(),
                    nn.Conv2d(64, 1, 1)).cuda()
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)

for epoch in range(100):
    for a, u in loader:
        a, u = a.cuda(), u.cuda()
        opt.zero_grad()
        with torch.autocast("cuda", dtype=torch.bfloat16):
            pred = net(a)
            with torch.autocast("cuda", enabled=False):
                loss = (pred.float() - u).pow(2).mean().sqrt()
        loss.backward()
        opt.step()
    with torch.no_grad(), torch.autocast("cuda", dtype=torch.bfloat16):
        print(epoch, (net(d["a_val"].cuda()) - d["u_val"].cuda()).abs().mean().item())
