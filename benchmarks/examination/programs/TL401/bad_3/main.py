import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from trainer import Trainer

mfg = torch.load("vibration.pt")


def reconstruction(net, batch):
    (x,) = batch
    noisy = x + 0.1 * torch.randn_like(x)
    return nn.functional.mse_loss(net(noisy), x)


ae = nn.Sequential(nn.Linear(1024, 128), nn.ReLU(), nn.Linear(128, 16), nn.Linear(16, 128), nn.ReLU(),
                   nn.Linear(128, 1024))
Trainer(ae, torch.optim.Adam(ae.parameters(), lr=1e-3), reconstruction).fit(
    DataLoader(TensorDataset(mfg), batch_size=64, shuffle=True), epochs=40)
torch.save(ae.state_dict(), "ae.pt")
