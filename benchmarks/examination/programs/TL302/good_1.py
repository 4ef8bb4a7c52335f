import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

ACCUM = 4
blob = torch.load("satellite.pt")
dl = DataLoader(TensorDataset(blob["x"], blob["y"]), batch_size=8, shuffle=True, drop_last=True)
net = nn.Sequential(nn.Conv2d(13, 64, 3), nn.GELU(), nn.Conv2d(64, 64, 3), nn.GELU(),
                    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)).cuda()
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
scaler = torch.amp.GradScaler("cuda")


def apply_update():
    scaler.step(opt)
    scaler.update()
    opt.zero_grad(set_to_none=True)


for epoch in range(25):
    n_batches = len(dl)
    for i, (x, y) in enumerate(dl, start=1):
        with torch.autocast("cuda", dtype=torch.float16):
            loss = nn.functional.cross_entropy(net(x.cuda()), y.cuda()) / ACCUM
        scaler.scale(loss).backward()
        if i % ACCUM == 0 or i == n_batches:
            apply_update()
    print(epoch, loss.item() * ACCUM)
