import torch
from torch import nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


class DeepMLP(nn.Module):
    def __init__(self, d_in, width, depth, classes):
        super().__init__()
        self.inp = nn.Linear(d_in, width)
        self.hidden = [nn.Linear(width, width) for _ in range(depth)]  # HERE
        self.out = nn.Linear(width, classes)

    def forward(self, x):
        x = F.relu(self.inp(x))
        for layer in self.hidden:
            x = F.relu(layer(x)) + x
        return self.out(x)


covertype = torch.load("covertype.pt")
loader = DataLoader(TensorDataset(covertype["x"], covertype["y"]), batch_size=512, shuffle=True)
net = DeepMLP(54, 128, 6, 7)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(15):
    running = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        running += loss.item()
    print(epoch, running / len(loader))
