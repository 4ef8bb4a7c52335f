import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from loop import AccumLoop

gen = torch.load("genomes.pt")
net = nn.Sequential(nn.Conv1d(4, 64, 19), nn.GELU(), nn.MaxPool1d(8), nn.Conv1d(64, 64, 7), nn.GELU(),
                    nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(64, 919))
loop = AccumLoop(net, torch.optim.AdamW(net.parameters(), lr=5e-4), nn.BCEWithLogitsLoss(), steps=8)
loop.fit(DataLoader(TensorDataset(gen["x"], gen["y"].float()), batch_size=16, shuffle=True), epochs=6)
