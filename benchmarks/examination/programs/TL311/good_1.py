import torch
from torch import nn
from torch.amp import GradScaler, autocast
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("plates.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=128, shuffle=True)
net = nn.Sequential(nn.Flatten(), nn.Linear(1024, 256), nn.ReLU(), nn.Linear(256, 36)).cuda()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
amp_scaler = GradScaler(device="cuda")
for epoch in range(10):
    for x, y in loader:
        opt.zero_grad()
        with autocast(device_type="cuda", dtype=torch.float16):
            loss = nn.functional.cross_entropy(net(x.cuda()), y.cuda())
        amp_scaler.scale(loss).backward()
        amp_scaler.step(opt)
        amp_scaler.update()
    print(epoch, loss.item())
