import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

WINDOW = 8
d = torch.load("captions.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=4, shuffle=True, drop_last=True)
net = nn.Sequential(nn.Linear(2048, 512), nn.GELU(), nn.Linear(512, 1000))
opt = torch.optim.AdamW(net.parameters(), lr=1e-4)
criterion = nn.CrossEntropyLoss(reduction="sum")
for epoch in range(5):
    samples = 0
    opt.zero_grad()
    for i, (x, y) in enumerate(loader):
        criterion(net(x), y).backward()
        samples += len(x)
        if (i + 1) % WINDOW == 0 or i + 1 == len(loader):
            for p in net.parameters():
                p.grad /= samples
            opt.step()
            opt.zero_grad()
            samples = 0
