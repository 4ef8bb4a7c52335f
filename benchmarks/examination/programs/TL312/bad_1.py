import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("fraud.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"].float()), batch_size=512, shuffle=True)
net = nn.Sequential(nn.Linear(30, 64), nn.ReLU(), nn.Linear(64, 1), nn.Sigmoid()).cuda()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
criterion = nn.BCELoss()
scaler = torch.amp.GradScaler("cuda")
for epoch in range(20):
    for x, y in loader:
        opt.zero_grad()
        with torch.autocast("cuda", dtype=torch.float16):
            prob = net(x.cuda()).squeeze(1)
            loss = criterion(prob, y.cuda())  # HERE
        scaler.scale(loss).backward()
        scaler.step(opt)
        scaler.update()
    print(epoch, loss.item())
