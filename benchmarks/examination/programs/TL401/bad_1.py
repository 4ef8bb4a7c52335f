import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("energy.pt")
train_dl = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=64, shuffle=True)
model = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.MSELoss()

for epoch in range(100):
    running = 0.0
    for x, y in train_dl:
        pred = model(x)
        loss = criterion(pred, y)
        loss.backward()  # HERE
        optimizer.step()
        running += loss.item()
    print(epoch, running / len(train_dl))
