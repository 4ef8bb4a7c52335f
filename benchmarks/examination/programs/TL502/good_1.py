import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR
from torch.utils.data import DataLoader, TensorDataset

EPOCHS, WARM = 60, 5
d = torch.load("tomography.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=32, shuffle=True)
net = nn.Sequential(nn.Linear(400, 256), nn.GELU(), nn.Linear(256, 400))
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
warmup = LinearLR(opt, start_factor=0.1, total_iters=WARM)
cosine = CosineAnnealingLR(opt, T_max=EPOCHS - WARM)
policy = SequentialLR(opt, [warmup, cosine], milestones=[WARM])
for epoch in range(EPOCHS):
    for x, y in loader:
        opt.zero_grad()
        loss = nn.functional.mse_loss(net(x), y)
        loss.backward()
        opt.step()
    policy.step()
    print(epoch, loss.item(), opt.param_groups[0]["lr"])
