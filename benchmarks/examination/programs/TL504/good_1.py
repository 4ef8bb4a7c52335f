import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader, TensorDataset

d = torch.load("solubility.pt")
train_dl = DataLoader(TensorDataset(*d["train"]), batch_size=64, shuffle=True)
val_dl = DataLoader(TensorDataset(*d["val"]), batch_size=256)
net = nn.Sequential(nn.Linear(200, 128), nn.ReLU(), nn.Dropout(0.1), nn.Linear(128, 1))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
plateau = ReduceLROnPlateau(opt, factor=0.5, patience=4)
mse = nn.MSELoss()
for epoch in range(100):
    net.train()
    for x, y in train_dl:
        opt.zero_grad()
        mse(net(x).squeeze(1), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        losses = [mse(net(x).squeeze(1), y).item() for x, y in val_dl]
    metrics = {"val_loss": sum(losses) / len(losses)}
    plateau.step(metrics["val_loss"])
    print(epoch, metrics)
