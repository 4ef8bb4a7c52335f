import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("weather_bins.pt")
loader = DataLoader(TensorDataset(d["x"], d["probs"]), batch_size=64, shuffle=True)
model = nn.Sequential(nn.Linear(24, 64), nn.ReLU(), nn.Linear(64, 12))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(50):
    for x, target in loader:
        optimizer.zero_grad()
        output = model(x)
        loss = criterion(target, output)  # HERE
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
