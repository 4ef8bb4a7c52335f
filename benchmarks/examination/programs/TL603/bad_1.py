import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("dialect.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=64, shuffle=True)
encoder = nn.Sequential(nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU())
classifier = nn.Linear(128, 18)
optimizer = torch.optim.Adam(encoder.parameters(), lr=1e-3)  # HERE
for epoch in range(25):
    for x, y in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(classifier(encoder(x)), y)
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
