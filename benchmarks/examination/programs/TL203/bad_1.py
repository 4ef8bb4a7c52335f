import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

table = pd.read_csv("churn_train.csv")
y = torch.tensor(table.pop("churned").values).float()
x = torch.tensor(table.values).float()
loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)  # HERE
net = nn.Sequential(nn.Linear(x.shape[1], 64, bias=False), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 1))
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
net.train()
for epoch in range(40):
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(net(xb).squeeze(1), yb)
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
