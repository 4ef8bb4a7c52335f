import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("finger.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=64, shuffle=True)
net = nn.Sequential(nn.Linear(310, 256), nn.ReLU(), nn.Linear(256, 5)).cuda()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
scaler = torch.amp.GradScaler("cuda")
parts = {"net": net, "opt": opt, "scaler": scaler}


def snapshot():
    return {name: part.state_dict() for name, part in parts.items()}


for epoch in range(50):
    for x, y in loader:
        opt.zero_grad()
        with torch.autocast("cuda", dtype=torch.float16):
            loss = nn.functional.mse_loss(net(x.cuda()), y.cuda())
        scaler.scale(loss).backward()
        scaler.step(opt)
        scaler.update()
    torch.save({"epoch": epoch, **snapshot()}, "finger_last.pt")
