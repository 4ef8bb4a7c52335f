from dataclasses import dataclass
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from trainer import Trainer


@dataclass
class Config:
    lr: float = 5e-4
    grad_accum: int = 4
    batch: int = 16


cfg = Config()
eeg = torch.load("sleep_edf.pt")
net = nn.Sequential(nn.Conv1d(2, 32, 25, stride=5), nn.GELU(), nn.Conv1d(32, 64, 9, stride=3), nn.GELU(),
                    nn.AdaptiveAvgPool1d(4), nn.Flatten(), nn.Linear(256, 5))
Trainer(net, nn.CrossEntropyLoss(), cfg).fit(
    DataLoader(TensorDataset(eeg["x"], eeg["stage"]), batch_size=cfg.batch, shuffle=True), epochs=30)
torch.save(net.state_dict(), "sleep.pt")
