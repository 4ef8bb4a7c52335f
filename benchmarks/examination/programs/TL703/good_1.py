import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms


class MLPMixer(nn.Module):
    """Masked pixels are predicted as intensities in (0, 1) by a tanh rescaled."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.GELU(), nn.Linear(256, 784))

    def forward(self, x):
        return self.net(x).tanh().mul(0.5).add(0.5).clamp(1e-6, 1 - 1e-6)


loader = DataLoader(datasets.MNIST("data", True, transforms.ToTensor(), download=True), batch_size=128, shuffle=True)
net = MLPMixer()
loss_fn = nn.BCELoss()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(10):
    total = 0.0
    for x, _ in loader:
        hidden = x * (torch.rand_like(x) > 0.5)
        opt.zero_grad()
        loss = loss_fn(net(hidden), x.flatten(1))
        loss.backward()
        opt.step()
        total += loss.item()
    print(epoch, total / len(loader))
