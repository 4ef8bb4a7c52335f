import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("gait.pt")
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=64, shuffle=True, drop_last=True)


class PreActBlock(nn.Module):
    """Norm and activation come before the convolution, whose bias feeds a sum."""

    def __init__(self, c):
        super().__init__()
        self.conv1 = nn.Conv1d(c, c, 5, padding=2, bias=False)
        self.conv2 = nn.Conv1d(c, c, 5, padding=2)
        self.bn1, self.bn2 = nn.BatchNorm1d(c), nn.BatchNorm1d(c)

    def forward(self, x):
        h = self.conv1(torch.relu(self.bn1(x)))
        return x + self.conv2(torch.relu(self.bn2(h)))


net = nn.Sequential(nn.Conv1d(6, 48, 7, stride=2), nn.ReLU(), nn.BatchNorm1d(48), PreActBlock(48), PreActBlock(48),
                    nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(48, 10))
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
for epoch in range(30):
    for x, y in loader:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
    print(epoch, loss.item())
