import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

cuda = torch.cuda.is_available()
device = torch.device("cuda" if cuda else "cpu")
fp16 = cuda and not torch.cuda.is_bf16_supported()
scaler = torch.amp.GradScaler("cuda") if fp16 else None
frames = torch.load("gestures.pt")
loader = DataLoader(TensorDataset(frames["x"], frames["y"]), batch_size=64, shuffle=True)
net = nn.Sequential(nn.Flatten(), nn.Linear(63 * 30, 256), nn.ReLU(), nn.Linear(256, 14)).to(device)
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)

for epoch in range(40):
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        optimizer.zero_grad()
        if scaler is None:
            loss = nn.functional.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
            continue
        with torch.autocast("cuda", dtype=torch.float16):
            loss = nn.functional.cross_entropy(net(x), y)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
    print(epoch, loss.item())
