import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader, TensorDataset
from trainer import Trainer

d = torch.load("lung_sounds.pt")
net = nn.Sequential(nn.Conv2d(1, 16, 5, stride=2), nn.ReLU(), nn.Conv2d(16, 32, 5, stride=2), nn.ReLU(),
                    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(32, 4))
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
trainer = Trainer(net, optimizer, ReduceLROnPlateau(optimizer, patience=6), nn.CrossEntropyLoss())
trainer.fit(DataLoader(TensorDataset(*d["train"]), batch_size=32, shuffle=True),
            DataLoader(TensorDataset(*d["val"]), batch_size=64), epochs=50)
