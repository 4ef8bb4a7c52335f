import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("plankton.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=128, shuffle=True)
net = nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(),
                    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 121)).cuda()
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(40):
    for x, y in loader:
        scaler = torch.amp.GradScaler("cuda")  # HERE
        optimizer.zero_grad()
        with torch.autocast("cuda", dtype=torch.float16):
            loss = loss_fn(net(x.cuda()), y.cuda())
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
    print(epoch, loss.item())
