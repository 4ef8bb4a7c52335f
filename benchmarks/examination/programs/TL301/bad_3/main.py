import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from loop import AmpTrainer

emg = torch.load("emg.pt")
net = nn.Sequential(
    nn.Conv1d(8, 64, 11, stride=2), nn.ReLU(), nn.Conv1d(64, 128, 5, stride=2), nn.ReLU(),
    nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(128, 12)).cuda()
trainer = AmpTrainer(net, torch.optim.Adam(net.parameters(), lr=1e-3), nn.CrossEntropyLoss(), 0.5)
trainer.fit(DataLoader(TensorDataset(emg["x"], emg["y"]), batch_size=256, shuffle=True), epochs=40)
torch.save(net.state_dict(), "emg_net.pt")
