import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from base import Regressor

d = torch.load("spikes.pt")
net = nn.Sequential(nn.Linear(100, 64), nn.Softplus(), nn.Linear(64, 1))
reg = Regressor(net, torch.optim.Adam(net.parameters(), lr=1e-3), nn.PoissonNLLLoss(log_input=True))
reg.fit(DataLoader(TensorDataset(d["stimulus"], d["counts"].float()), batch_size=128, shuffle=True), epochs=30)
torch.save(net.state_dict(), "glm.pt")
