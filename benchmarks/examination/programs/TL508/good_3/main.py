import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from stages import Stage

d = torch.load("spectrograms.pt")
enc = nn.Sequential(nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 16))
dec = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 128))
cls = nn.Linear(16, 12)
stages = [Stage("reconstruct", [*enc.parameters(), *dec.parameters()], 1e-3, 20),
          Stage("classify", [*enc.parameters(), *cls.parameters()], 5e-4, 10)]
loader = DataLoader(TensorDataset(d["x"], d["y"]), batch_size=64, shuffle=True)
for stage in stages:
    for epoch in range(stage.epochs):
        for x, y in loader:
            z = enc(x)
            if stage.name == "reconstruct":
                loss = nn.functional.mse_loss(dec(z), x)
            else:
                loss = nn.functional.cross_entropy(cls(z), y)
            stage.optimizer.zero_grad()
            loss.backward()
            stage.step()
        stage.end_epoch()
    print(stage.name, loss.item())
