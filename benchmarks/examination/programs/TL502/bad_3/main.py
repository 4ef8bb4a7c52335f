import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from trainer import Trainer

d = torch.load("defects.pt")
net = nn.Sequential(nn.Conv2d(1, 32, 3, stride=2), nn.ReLU(), nn.Conv2d(32, 64, 3, stride=2), nn.ReLU(),
                    nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(256, 9))
trainer = Trainer(net, nn.CrossEntropyLoss())
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=64, shuffle=True)
for epoch in range(60):
    losses = [trainer.step(x, y) for x, y in loader]
    print(epoch, sum(losses) / len(losses))
    trainer.save("defects_last.pt")
