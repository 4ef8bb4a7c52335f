import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("tags.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"].float()), batch_size=128, shuffle=True)
net = nn.Sequential(nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 50)).cuda()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
scaler = torch.amp.GradScaler("cuda")
bce = nn.BCELoss()
for epoch in range(20):
    for x, y in loader:
        opt.zero_grad()
        with torch.autocast("cuda", dtype=torch.float16):
            logits = net(x.cuda())
        probs = logits.float().sigmoid()
        loss = bce(probs, y.cuda())
        scaler.scale(loss).backward()
        scaler.step(opt)
        scaler.update()
    print(epoch, loss.item())
