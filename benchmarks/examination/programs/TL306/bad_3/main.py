import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from engine import Engine

spectra = torch.load("spectra.pt")
net = nn.Sequential(nn.Linear(900, 512), nn.ReLU(), nn.Dropout(0.2), nn.Linear(512, 128), nn.ReLU(),
                    nn.Linear(128, 30)).cuda()
engine = Engine(net, torch.optim.Adam(net.parameters(), lr=1e-3), nn.CrossEntropyLoss(),
                precision=torch.float16)  # HERE
engine.fit(DataLoader(TensorDataset(spectra["x"], spectra["y"]), batch_size=256, shuffle=True), epochs=50)
