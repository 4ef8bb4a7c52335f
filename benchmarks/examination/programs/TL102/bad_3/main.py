import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from trainer import Trainer


class Forecaster(nn.Module):
    def __init__(self, channels, horizon):
        super().__init__()
        self.gru = nn.GRU(channels, 96, num_layers=2, dropout=0.2, batch_first=True)
        self.out = nn.Linear(96, horizon)

    def forward(self, window):
        states, _ = self.gru(window)
        return self.out(states[:, -1])


if __name__ == "__main__":
    data = torch.load("load_curves.pt")
    net = Forecaster(channels=8, horizon=24)
    trainer = Trainer(net, torch.optim.Adam(net.parameters(), lr=1e-3), nn.HuberLoss())
    trainer.fit(DataLoader(TensorDataset(*data["train"]), batch_size=64, shuffle=True),
                DataLoader(TensorDataset(*data["val"]), batch_size=256), epochs=25)
    print(trainer.history)
