import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("titanic.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"].float()), batch_size=32, shuffle=True)


class Survival(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(9, 32)
        self.l2 = nn.Linear(32, 1)

    def forward(self, x):
        return self.l2(torch.relu(self.l1(x))).squeeze(1)


net = Survival()
criterion = nn.BCELoss()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(60):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(net(x), y)  # HERE
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
