import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("mobile_prices.pt")
train_dl = DataLoader(TensorDataset(*d["train"]), batch_size=32, shuffle=True)
net = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 4))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, "min", patience=5)
for epoch in range(80):
    running = 0.0
    for x, y in train_dl:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        running += loss.item()
    scheduler.step()  # HERE
    print(epoch, running / len(train_dl))
