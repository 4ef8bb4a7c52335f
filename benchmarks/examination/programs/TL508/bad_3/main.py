import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from trainer import FineTuner


class Sniffer(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(300, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU())
        self.head = nn.Linear(64, 6)

    def forward(self, x):
        return self.head(self.trunk(x))


net = Sniffer()
net.trunk.load_state_dict(torch.load("trunk.pt"))
d = torch.load("odours.pt")
FineTuner(net, 1e-3).fit(DataLoader(TensorDataset(d["x"], d["y"]), batch_size=32, shuffle=True), 30, unfreeze_at=8)
