import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("heart.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"].float()), batch_size=16, shuffle=True)
model = nn.Sequential(nn.Linear(13, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1), nn.Sigmoid())
loss_fn = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(100):
    total = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        y_pred = model(x).squeeze(1)
        loss = loss_fn(y_pred, y)  # HERE
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(epoch, total / len(loader))
